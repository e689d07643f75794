#!/usr/bin/env node
/**
 * Runs the project's checks and tests and counts. Called by scripts/test. Test files run one after the other, or with
 * `--at-once N` so many at a time.
 */
import { spawn, spawnSync } from 'node:child_process';
import { globSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const top = join(import.meta.dirname, '..');
const bin = (name: string): string => join(top, 'node_modules/.bin', name);

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** A check outside the test files: what it is, and the command that fails if it does not hold. */
const checks: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['types', [bin('tsc'), '--noEmit']],
  ['lint and format', [bin('biome'), 'ci', '--colors=off', '--error-on-warnings', '.']],
  ['generated code is current', [process.execPath, 'scripts/generate.ts', '--check']],
  ['boundaries', [process.execPath, 'scripts/check-boundaries.ts']],
];

const { values, positionals: named } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, 'at-once': { type: 'string', default: '1' } },
  allowPositionals: true,
});
const { quick } = values;
const total: Count = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

/** The rows of the tables that tests have printed, by their heads. */
const tables = new Map<string, string[]>();

/** Milliseconds after which an empty cgroup is no longer one that somebody has just made to put a process into. */
const settled = 3_000;
const cgroupsBefore = new Set(cgroups());
if (named.length === 0) for (const [name, command] of checks) await runCheck(name, command);
const unit = globSync('packages/*/src/**/*.test.ts', { cwd: top })
  .filter((file) => !isIntegration(file) && !isForMachine(file))
  .sort();
const integration = [
  ...globSync('packages/*/src/**/*.integration.test.ts', { cwd: top }),
  ...globSync('test/**/*.test.ts', { cwd: top }),
]
  .filter((file) => !file.includes('node_modules') && !isForMachine(file))
  .sort();
const files = named.length > 0 ? named : quick ? unit : [...unit, ...integration];
const waiting = files.values();
await Promise.all(
  Array.from({ length: Number(values['at-once']) }, async () => {
    for (const file of waiting) await runFile(file);
  }),
);
if (named.length === 0 && !quick) await runMachine([]);

await removeNewCgroups();
for (const [head, rows] of tables) for (const line of [head, ...rows]) console.log(`  ${line}`);
for (const failure of failures) console.log(`\nFAILED ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function isIntegration(file: string): boolean {
  return file.endsWith('.integration.test.ts') || file.startsWith('test/');
}

/** Those run in the virtual machine of scripts/test-vm. */
function isForMachine(file: string): boolean {
  return file.endsWith('.vm.test.ts');
}

/** Runs the tests for the virtual machine, which counts in its last line as this program does. */
async function runMachine(flags: readonly string[]): Promise<void> {
  const { code, output } = await run(['scripts/test-vm', ...flags], {});
  const lines = output.trimEnd().split('\n');
  const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/
    .exec(lines.at(-1) ?? '')
    ?.slice(1)
    .map(Number);
  const [passed = 0, counted = 0, skipped = 0] = counts ?? [];
  const failed = code === 0 && counts !== undefined ? 0 : Math.max(1, counted);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  if (failed > 0) failures.push(`${['scripts/test-vm', ...flags].join(' ')}\n${output}`);
  for (const line of lines.slice(0, -1)) if (/^(not )?ok |^ {2}\S/.test(line)) console.log(`vm: ${line}`);
}

/** All cgroups, those inside others first. */
function cgroups(): string[] {
  const find = spawnSync('find', ['/sys/fs/cgroup', '-mindepth', '1', '-depth', '-type', 'd'], { encoding: 'utf8' });
  return find.stdout.split('\n').filter(Boolean);
}

/**
 * Daemons, ours and the real ones, put containers below a cgroup that they never remove: an empty one goes with the tests,
 * unless it is so young that it may be of another run on this machine.
 */
async function removeNewCgroups(): Promise<void> {
  const left = cgroups().filter((cgroup) => !cgroupsBefore.has(cgroup));
  if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, settled));
  for (const path of left) {
    try {
      rmdirSync(path);
    } catch (error) {
      // One with processes in it is somebody's, and so is one that has gone meanwhile.
      if (!['EBUSY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

async function runCheck(name: string, command: readonly string[]): Promise<void> {
  const { code, output } = await run(command, {});
  if (code === 0) total.passed += 1;
  else {
    total.failed += 1;
    failures.push(`${name}\n${output}`);
  }
  console.log(`${code === 0 ? 'ok' : 'not ok'} ${name}`);
}

/** Runs a test file; its summary line `# { total: 3, pass: 2, skip: 1 }` is what counts. */
async function runFile(file: string): Promise<void> {
  const started = performance.now();
  // Seconds that one test file may take: a deadline for what hangs, not a measure of speed.
  const { code, output } = await run([process.execPath, file], { TAP_TIMEOUT: '600' });
  const summary = output.split('\n').findLast((line) => line.startsWith('# { total:')) ?? '';
  const count = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
  const failed = code === 0 && summary !== '' ? 0 : Math.max(1, count('fail'));
  total.passed += count('pass');
  total.failed += failed;
  total.skipped += count('skip') + count('todo');
  if (failed > 0) failures.push(`${file}\n${output}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${failed === 0 ? 'ok' : 'not ok'} ${file} (${count('pass')} passed, ${seconds} s)`);
  const lines = output.split('\n').map((line) => line.trim());
  for (const line of lines) if (/^not ok|# SKIP/i.test(line)) console.log(`  ${line}`);
  addTables(lines);
}

/** Tables are rows that follow each other, the first of them the head. Those of one head, in several files too, become one. */
function addTables(lines: readonly string[]): void {
  let rows: string[] | undefined;
  for (const line of lines) {
    if (!line.startsWith('# |')) rows = undefined;
    else if (rows) rows.push(line.slice(2));
    else {
      rows = tables.get(line.slice(2)) ?? [];
      tables.set(line.slice(2), rows);
    }
  }
}

function run(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: top,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}
