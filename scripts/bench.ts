#!/usr/bin/env node
/** The measurements of scripts/bench: the stacks as their clients see them, then the runtimes alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { busyboxArchive, type Stack, startOurs, startReal } from '../test/support/stacks.ts';
import {
  compare,
  type Measure,
  memory,
  output,
  type Result,
  result,
  run,
  type Sides,
  timed,
} from './benchmarks/compare.ts';
import { watchLeftovers } from './benchmarks/leftovers.ts';
import { runtimeResults } from './benchmarks/runtime.ts';
import { supervisorResults } from './benchmarks/supervisor.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    large: { type: 'boolean', default: false },
  },
});
const image = 'docker.io/library/busybox:latest';
/** Milliseconds after which a shim is taken for idle. */
const idleTime = 16_000;

const removeLeftovers = watchLeftovers(['bench', 'default', 'docker', 'moby']);
const ours = await startOurs();
const real = await startReal();
const sides: Sides = { ours, real, rounds: Number(values.rounds), wanted: (name) => name.includes(values.only) };
try {
  for (const stack of [ours, real]) {
    docker(stack, 'load', '-q', '-i', busyboxArchive());
    ctr(stack, 'images', 'import', busyboxArchive());
  }
  const ms = (name: string, goal?: number) => ({ name, unit: 'ms', goal });
  const runOn = (network: string) => (stack: Stack) =>
    timed(() => docker(stack, 'run', '--rm', '--network', network, 'busybox', 'true'));
  const results = [
    compare(sides, ms('docker run --rm --network none', 0.6), runOn('none')),
    compare(sides, ms('docker run --rm --network host'), runOn('host')),
    withContainer('docker exec', (stack) => timed(() => docker(stack, 'exec', 'bench', 'true'))),
    compare(sides, ms('ctr run --rm', 1.0), (stack, round) =>
      timed(() => ctr(stack, 'run', '--rm', image, `b${round}`, 'true')),
    ),
    ...shims(),
    ...runtimeResults(sides),
    ...(await supervisorResults({ ...sides, megabytes: values.large ? 500 : 150 })),
  ].filter((each) => each !== undefined);
  print(results);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
} finally {
  await ours.stop();
  await real.stop();
  removeLeftovers();
}

function withContainer(name: string, measure: Measure): Result | undefined {
  if (!sides.wanted(name)) return undefined;
  for (const stack of [ours, real])
    docker(stack, 'run', '-d', '--network', 'none', '--name', 'bench', 'busybox', 'sleep', '3600');
  try {
    return compare(sides, { name, unit: 'ms' }, measure);
  } finally {
    for (const stack of [ours, real]) docker(stack, 'rm', '-f', 'bench');
  }
}

/** Memory of the shims of ten idle containers, each. */
function shims(): Result[] {
  const name = 'shim, ten idle containers';
  if (!sides.wanted(name)) return [];
  const [our, their] = [ours, real].map((stack) => {
    const ids = Array.from({ length: 10 }, (_, index) => `idle${index}`);
    for (const id of ids) ctr(stack, 'run', '-d', image, id, 'sleep', '3600');
    const pids = ids.map((id) => shimOf(id, stack));
    // Idle is who has not been asked for a while.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, idleTime);
    const sums = pids.map(memory);
    const mean = (field: string): number => sums.reduce((sum, figure) => sum + (figure[field] ?? 0), 0) / sums.length;
    for (const id of ids) {
      ctr(stack, 'tasks', 'rm', '-f', id);
      ctr(stack, 'containers', 'rm', id);
    }
    return { pss: mean('Pss'), rss: mean('Rss') };
  });
  return [
    result({ name: `${name}, PSS`, unit: 'kB', goal: 1.5 }, our?.pss ?? 0, their?.pss ?? 0),
    result({ name: `${name}, RSS`, unit: 'kB' }, our?.rss ?? 0, their?.rss ?? 0),
  ];
}

/** The parent of a container's first process. */
function shimOf(id: string, stack: Stack): number {
  const tasks = output('ctr', ['-a', stack.containerd, 'tasks', 'ls']).split('\n');
  const pid = tasks.find((row) => row.startsWith(`${id} `))?.split(/\s+/)[1] ?? '';
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function docker(stack: Stack, ...args: string[]): void {
  run('docker', ['-H', stack.dockerHost, ...args]);
}

function ctr(stack: Stack, ...args: string[]): void {
  run('ctr', ['-a', stack.containerd, ...args]);
}

function isReached(ratio: number | undefined, goal: number, isRate = false): boolean {
  return ratio !== undefined && (isRate ? ratio >= goal : ratio <= goal);
}

function print(results: readonly Result[]): void {
  const rows = results.map(({ name, unit, ours: our, real: their, ratio, goal, isRate }) => [
    name,
    `${our} ${unit}`,
    `${their} ${unit}`,
    String(ratio ?? ''),
    goal === undefined ? '' : `${isRate ? '≥' : '≤'} ${goal}${isReached(ratio, goal, isRate) ? '' : '  MISSED'}`,
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
