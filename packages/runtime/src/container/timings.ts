/** Where the time goes while a container is made: the runtime's own work by parts, then the child's by stages. */
import type { Program } from '@drydock/linux/program/program';
import { syscall } from '@drydock/linux/syscall';
import { realTime, type Segment, segmentsOf, timeBytes, withClocks } from '../compile/observe.ts';
import type { InitProcess } from './init.ts';
import type { Observer } from './observer.ts';

/** One part; `operations` are those of the program, none for what the runtime does itself. */
export interface Timing {
  readonly by: 'runtime' | 'container';
  readonly stage: string;
  readonly microseconds: number;
  readonly operations?: number;
}

export class Timings implements Observer {
  readonly #marks: { readonly name: string; readonly at: bigint }[] = [];
  #segments: readonly Segment[] = [];
  #child: readonly bigint[] = [];
  readonly #began = now();
  readonly #format: 'text' | 'json';
  readonly #print: (text: string) => void;

  constructor(format: 'text' | 'json', print: (text: string) => void) {
    this.#format = format;
    this.#print = print;
  }

  observe(program: Program, { report }: { readonly report: number }): Program {
    this.#segments = segmentsOf(program);
    return withClocks(program, report);
  }

  ready({ times }: InitProcess): void {
    this.#child = times;
    this.mark('container');
  }

  mark(name: string): void {
    this.#marks.push({ name, at: now() });
  }

  done(): void {
    const list = this.list();
    this.#print(this.#format === 'json' ? `${JSON.stringify(list)}\n` : timingsText(list));
  }

  /** All parts in order. The child's are within the runtime's wait for it. */
  list(): readonly Timing[] {
    const parts: Timing[] = [];
    let before = this.#began;
    for (const { name, at } of this.#marks) {
      if (name === 'container') parts.push(...this.#stages(before, at));
      else parts.push({ by: 'runtime', stage: name, microseconds: micro(at - before) });
      before = at;
    }
    return parts;
  }

  /** From the launch to the child's report; a stage that comes again is counted where it was first. */
  #stages(launched: bigint, seen: bigint): readonly Timing[] {
    const [first = launched, last = seen] = [this.#child[0], this.#child.at(-1)];
    const stages = new Map<string, { microseconds: number; operations: number }>();
    for (const [index, { stage, count }] of this.#segments.entries()) {
      const [from, to] = [this.#child[index], this.#child[index + 1]];
      const sum = stages.get(stage) ?? { microseconds: 0, operations: 0 };
      // A segment that was jumped over has no time.
      if (from && to) sum.microseconds += micro(to - from);
      sum.operations += count;
      stages.set(stage, sum);
    }
    return [
      { by: 'runtime', stage: 'lay out, clone3, execveat', microseconds: micro(first - launched) },
      ...[...stages].map(([stage, sum]) => ({ by: 'container' as const, stage, ...sum })),
      { by: 'runtime', stage: 'notice that it is ready', microseconds: micro(seen - last) },
    ];
  }
}

/** A table for people. */
export function timingsText(timings: readonly Timing[]): string {
  const total = timings.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const child = timings.filter(({ by }) => by === 'container').reduce((sum, { microseconds }) => sum + microseconds, 0);
  const row = (by: string, stage: string, time: string, operations: string) =>
    `${`${by.padEnd(11)}${stage.padEnd(32)}${time.padStart(8)}${operations.padStart(12)}`.trimEnd()}\n`;
  return [
    row('BY', 'STAGE', 'µs', 'OPERATIONS'),
    ...timings.map(({ by, stage, microseconds, operations }) =>
      row(by, stage, String(microseconds), operations === undefined ? '' : String(operations)),
    ),
    row('', 'in the container', String(child), ''),
    row('', 'all', String(total), ''),
  ].join('');
}

function micro(nanoseconds: bigint): number {
  return Math.round(Number(nanoseconds) / 1000);
}

function now(): bigint {
  const time = Buffer.alloc(timeBytes);
  syscall('clock_gettime', [realTime, time], 'get the time');
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}
