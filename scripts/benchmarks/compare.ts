/** How the measurements are made: ours and theirs in turn, medians, one ratio. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Stack } from '../../test/support/stacks.ts';

export interface Result {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly real: number;
  /** Ours to theirs; undefined where the figures are no amounts. */
  readonly ratio?: number | undefined;
  /** The ratio that the project has set itself: at most, or at least if it is a rate. */
  readonly goal?: number | undefined;
  readonly isRate?: boolean | undefined;
}

/** Measures once; answers the figure. */
export type Measure = (stack: Stack, round: number) => number;

export interface Sides {
  readonly ours: Stack;
  readonly real: Stack;
  readonly rounds: number;
  /** Whether a measurement was asked for, by its name. */
  readonly wanted: (name: string) => boolean;
}

export interface Named {
  readonly name: string;
  readonly unit: string;
  readonly goal?: number | undefined;
  /** Whether more is better. */
  readonly isRate?: boolean | undefined;
}

/** The medians of many measurements, after one of each that does not count; undefined if it was not asked for. */
export function compare({ ours, real, rounds, wanted }: Sides, named: Named, measure: Measure): Result | undefined {
  if (!wanted(named.name)) return undefined;
  const samples = { ours: [] as number[], real: [] as number[] };
  measure(ours, -1);
  measure(real, -1);
  for (let round = 0; round < rounds; round += 1) {
    samples.ours.push(measure(ours, round));
    samples.real.push(measure(real, round));
  }
  return result(named, median(samples.ours), median(samples.real));
}

/** One measurement of each, for what does not vary. */
export function once(
  { ours, real, wanted }: Sides,
  named: Named,
  measure: (stack: Stack) => number,
): Result | undefined {
  return wanted(named.name) ? result(named, measure(ours), measure(real)) : undefined;
}

export function result({ name, unit, goal, isRate }: Named, our: number, their: number): Result {
  const ratio = Math.round((our / their) * 1000) / 1000;
  return { name, unit, ours: round(our), real: round(their), ratio, goal, isRate };
}

/** Milliseconds that an action takes. */
export function timed(action: () => void): number {
  const started = performance.now();
  action();
  return performance.now() - started;
}

/** Runs a program. Throws with its standard error if it fails. */
export function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  if (error !== undefined) throw error;
  // `ctr tasks rm -f` of a process that it kills answers with that process's status.
  if (status !== 0 && !args.includes('-f'))
    throw new Error(`${program} ${args.join(' ')}: exit status ${status}\n${stderr}`);
}

/** Runs a program without pipes: the container that it leaves would hold them open. */
export function quietly(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, [...args], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit status ${status}`);
}

export function output(program: string, args: readonly string[]): string {
  return execFileSync(program, [...args]).toString();
}

/** Fields of /proc/PID/smaps_rollup, in kB. */
export function memory(pid: number): Record<string, number> {
  const rows = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^(\w+):\s+(\d+) kB/gm);
  return Object.fromEntries([...rows].map(([, name, value]) => [name, Number(value)]));
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
