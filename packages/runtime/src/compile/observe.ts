/**
 * What is put into a program so that somebody can look on: stops, where the child waits to be told to go on, and clocks.
 *
 *     child                                     parent
 *     {2, index of the operation}        ─────▶ shows what comes next, asks what to do
 *     read of the step pipe              ◀───── a byte
 *     …
 *     {3, count}, a time for each stage  ─────▶ subtracts
 *     {0, ready}
 */
import { insertOperations, operation } from '@drydock/linux/program/insert';
import { type Argument, Label, Memory, type Operation } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { messageBytes, type milestones } from './sync.ts';

/** First words of messages; no operation has such an address. */
export const stepMessage = 2;
export const timesMessage = 3;
/** Bytes of a time: a `struct timespec`. */
export const timeBytes = 16;
/** Of the clocks, the one that is the same in every time namespace. */
export const realTime = 0;

/** A part of a program that belongs to one stage; a stage may have several. */
export interface Segment {
  readonly stage: string;
  readonly first: number;
  /** How many operations. */
  readonly count: number;
}

/** Where a program reports that all is ready: what follows is for `start`. */
export function readyAt({ operations }: Program): number {
  return operations.findIndex(({ call, args: [, message] }) => call === 'write' && isMessage(message, 'ready'));
}

function isMessage(argument: Argument | undefined, milestone: keyof typeof milestones): boolean {
  return argument instanceof Memory && argument.name === `{${milestone}}`;
}

/** The parts of a program up to its report that all is ready. */
export function segmentsOf(program: Program): readonly Segment[] {
  const segments: { stage: string; first: number; count: number }[] = [];
  for (const [index, { stage }] of program.operations.slice(0, readyAt(program)).entries()) {
    const current = segments.at(-1);
    if (current?.stage === stage) current.count += 1;
    else segments.push({ stage, first: index, count: 1 });
  }
  return segments;
}

/** A program that stops in front of each operation for which `wanted` is true. */
export function withStops(
  program: Program,
  wanted: (index: number) => boolean,
  { report, step }: { readonly report: number; readonly step: number },
): Program {
  const ready = readyAt(program);
  const skipped = handedOver(program.operations);
  const gone = new Label();
  const stop = (index: number): Operation[] => {
    const message = new Memory(`{stop ${index}}`, messageBytes, [
      [0, stepMessage],
      [8, index],
    ]);
    return [
      operation('write', [report, message, messageBytes], { failure: 'tell the runtime' }),
      // The end of the pipe: nobody will ever answer.
      operation('read', [step, new Memory('byte', 8), 1], { onZero: gone, failure: 'wait for the runtime' }),
    ];
  };
  const stopped = insertOperations(
    program,
    (_, index) => (index < ready && !skipped.has(index) && wanted(index) ? stop(index) : []),
    // A program that has done all its operations has executed its command, so only the label leads here.
    [operation('exit_group', [1])],
  );
  gone.index = stopped.operations.length - 1;
  return stopped;
}

/** A program that notes the time in front of each segment and reports all before it is ready. */
export function withClocks(program: Program, report: number): Program {
  const segments = segmentsOf(program);
  const ready = readyAt(program);
  const starts = [...segments.map(({ first }) => first), ready];
  const size = messageBytes + starts.length * timeBytes;
  const times = new Memory('times', size, [
    [0, timesMessage],
    [8, starts.length],
  ]);
  return insertOperations(program, (_, index) => {
    const at = starts.indexOf(index);
    if (at < 0) return [];
    const clock = operation('clock_gettime', [
      { value: realTime, text: 'CLOCK_REALTIME' },
      times.at(messageBytes + at * timeBytes),
    ]);
    const tell = operation('write', [report, times, size], { failure: 'tell the runtime' });
    return index === ready ? [clock, tell] : [clock];
  });
}

/** Operations of a first child after its clone: there the second child goes on, and stops. */
function handedOver(operations: readonly Operation[]): ReadonlySet<number> {
  const clone = operations.findIndex(({ call }) => call === 'clone');
  const next = clone < 0 ? undefined : operations[clone]?.onZero?.index;
  const indexes = new Set<number>();
  for (let index = clone + 1; next !== undefined && index < next; index++) indexes.add(index);
  return indexes;
}
