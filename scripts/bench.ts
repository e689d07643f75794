#!/usr/bin/env node
/** The measurements of scripts/bench. Each is made of ours and of theirs in turn, and compared by medians. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin, busyboxArchive, makeDirectory, type Stack, startOurs, startReal } from '../test/support/stacks.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    json: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const image = 'docker.io/library/busybox:latest';

interface Result {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly real: number;
  readonly ratio: number;
  /** The ratio that the project has set itself. */
  readonly goal?: number | undefined;
}

/** One side of a measurement: made once before, then measured again and again. */
type Measure = (stack: Stack, round: number) => number;

const ours = await startOurs();
const real = await startReal();
const bundle = makeBundle();
try {
  for (const stack of [ours, real]) {
    docker(stack, 'load', '-q', '-i', busyboxArchive());
    ctr(stack, 'images', 'import', busyboxArchive());
  }
  const results = [
    compare('docker run --rm --network none', 'ms', 0.6, (stack) =>
      timed(() => docker(stack, 'run', '--rm', '--network', 'none', 'busybox', 'true')),
    ),
    compare('docker run --rm --network host', 'ms', undefined, (stack) =>
      timed(() => docker(stack, 'run', '--rm', '--network', 'host', 'busybox', 'true')),
    ),
    withContainer('docker exec', (stack) => timed(() => docker(stack, 'exec', 'bench', 'true'))),
    compare('ctr run --rm', 'ms', 1.0, (stack, round) =>
      timed(() => ctr(stack, 'run', '--rm', image, `b${round}`, 'true')),
    ),
    compare('OCI create + start + delete', 'ms', 1.3, (stack, round) => timed(() => cycle(stack, `b${round}`))),
    once('created container, resident', 'kB', 0.05, created),
    ...shims(),
  ].filter((result) => result !== undefined);
  print(results);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
} finally {
  await ours.stop();
  await real.stop();
  rmSync(bundle, { recursive: true, force: true });
}

function compare(name: string, unit: string, goal: number | undefined, measure: Measure): Result | undefined {
  if (!name.includes(values.only)) return undefined;
  const samples = { ours: [] as number[], real: [] as number[] };
  measure(ours, -1);
  measure(real, -1);
  for (let round = 0; round < rounds; round += 1) {
    samples.ours.push(measure(ours, round));
    samples.real.push(measure(real, round));
  }
  return result(name, unit, goal, median(samples.ours), median(samples.real));
}

function once(name: string, unit: string, goal: number, measure: (stack: Stack) => number): Result | undefined {
  return name.includes(values.only) ? result(name, unit, goal, measure(ours), measure(real)) : undefined;
}

function withContainer(name: string, measure: Measure): Result | undefined {
  if (!name.includes(values.only)) return undefined;
  for (const stack of [ours, real])
    docker(stack, 'run', '-d', '--network', 'none', '--name', 'bench', 'busybox', 'sleep', '3600');
  try {
    return compare(name, 'ms', undefined, measure);
  } finally {
    for (const stack of [ours, real]) docker(stack, 'rm', '-f', 'bench');
  }
}

/** One container's life at the runtime alone. */
function cycle(stack: Stack, id: string): void {
  const runtime = runtimeOf(stack);
  const root = ['--root', join(stack.directory, 'oci')];
  const pidFile = join(stack.directory, 'oci.pid');
  quietly(runtime, [...root, 'create', '--bundle', bundle, '--pid-file', pidFile, id]);
  const pid = readFileSync(pidFile, 'utf8');
  run(runtime, [...root, 'start', id]);
  while (isAlive(pid));
  run(runtime, [...root, 'delete', id]);
}

/** Whether a process has not ended yet; it may still be a zombie when it has. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resident memory of a container's first process while it waits for `start`. */
function created(stack: Stack): number {
  const runtime = runtimeOf(stack);
  const root = ['--root', join(stack.directory, 'oci')];
  quietly(runtime, [...root, 'create', '--bundle', bundle, 'resident']);
  const { pid } = JSON.parse(execFileSync(runtime, [...root, 'state', 'resident']).toString());
  const resident = memory(pid).Rss ?? 0;
  run(runtime, [...root, 'delete', '--force', 'resident']);
  return resident;
}

/** Memory of the shims of ten idle containers, each. */
function shims(): (Result | undefined)[] {
  if (!'shim, ten idle containers'.includes(values.only)) return [];
  const figures = [ours, real].map((stack) => {
    const ids = Array.from({ length: 10 }, (_, index) => `idle${index}`);
    for (const id of ids) ctr(stack, 'run', '-d', image, id, 'sleep', '3600');
    const pids = ids.map((id) => shimOf(id, stack));
    const sums = pids.map(memory);
    const mean = (name: string): number => sums.reduce((sum, figure) => sum + (figure[name] ?? 0), 0) / sums.length;
    const figure = { pss: mean('Pss'), rss: mean('Rss') };
    for (const id of ids) {
      ctr(stack, 'tasks', 'rm', '-f', id);
      ctr(stack, 'containers', 'rm', id);
    }
    return figure;
  });
  const [our, their] = figures;
  return [
    result('shim, ten idle containers, PSS', 'kB', 2.5, our?.pss ?? 0, their?.pss ?? 0),
    result('shim, ten idle containers, RSS', 'kB', undefined, our?.rss ?? 0, their?.rss ?? 0),
  ];
}

/** The parent of a container's first process. */
function shimOf(id: string, stack: Stack): number {
  const line =
    ctrOutput(stack, 'tasks', 'ls')
      .split('\n')
      .find((row) => row.startsWith(`${id} `)) ?? '';
  const pid = line.split(/\s+/)[1] ?? '';
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Fields of /proc/PID/smaps_rollup, in kB. */
function memory(pid: number): Record<string, number> {
  const rows = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^(\w+):\s+(\d+) kB/gm);
  return Object.fromEntries([...rows].map(([, name, value]) => [name, Number(value)]));
}

/** A bundle of busybox that ends at once, for the runtimes alone. */
function makeBundle(): string {
  const directory = makeDirectory('bundle');
  mkdirSync(join(directory, 'rootfs/bin'), { recursive: true });
  cpSync('/bin/busybox', join(directory, 'rootfs/bin/true'));
  for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(directory, 'rootfs', name));
  execFileSync('runc', ['spec'], { cwd: directory });
  const path = join(directory, 'config.json');
  const spec = JSON.parse(readFileSync(path, 'utf8'));
  spec.process = { ...spec.process, terminal: false, args: ['/bin/true'] };
  writeFileSync(path, JSON.stringify(spec));
  return directory;
}

function runtimeOf(stack: Stack): string {
  return stack === ours ? join(bin, 'drydock-runtime') : 'runc';
}

function docker(stack: Stack, ...args: string[]): void {
  run('docker', ['-H', stack.dockerHost, ...args]);
}

function ctr(stack: Stack, ...args: string[]): void {
  run('ctr', ['-a', stack.containerd, ...args]);
}

function ctrOutput(stack: Stack, ...args: string[]): string {
  return execFileSync('ctr', ['-a', stack.containerd, ...args]).toString();
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  if (error !== undefined) throw error;
  // `ctr tasks rm -f` of a process that it kills answers with that process's status.
  if (status !== 0 && !args.includes('-f'))
    throw new Error(`${program} ${args.join(' ')}: exit status ${status}\n${stderr}`);
}

/** Runs a program without pipes: the container that it leaves would hold them open. */
function quietly(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, [...args], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit status ${status}`);
}

function timed(action: () => void): number {
  const started = performance.now();
  action();
  return performance.now() - started;
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function result(name: string, unit: string, goal: number | undefined, our: number, their: number): Result {
  return { name, unit, ours: round(our), real: round(their), ratio: Math.round((our / their) * 1000) / 1000, goal };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function print(results: readonly Result[]): void {
  const rows = results.map(({ name, unit, ours: our, real: their, ratio, goal }) => [
    name,
    `${our} ${unit}`,
    `${their} ${unit}`,
    String(ratio),
    goal === undefined ? '' : `≤ ${goal}${ratio <= goal ? '' : '  MISSED'}`,
  ]);
  const table = [['', 'ours', 'real', 'ratio', 'goal'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
