/** A program as text: one operation a line, in the manner of strace(1), with what comes of its results. */
import { errnoName } from '../errno.ts';
import { type Argument, type Label, Memory, type Operation, Slot } from './operation.ts';
import type { Program } from './program.ts';

export interface Line {
  readonly stage: string;
  readonly field: string;
  /** The call: `openat2(rootfs, "/proc", {O_PATH}, 24) = fd of /proc`. */
  readonly call: string;
  /** Where to go on if not at the next line: `ENOENT: 12`. */
  readonly branches: readonly string[];
}

/** All operations in order; branches name lines by their index. */
export function describeProgram(program: Program): readonly Line[] {
  return program.operations.map((operation, index) => ({
    stage: operation.stage,
    field: operation.field,
    call: callText(operation),
    branches: branchTexts(operation, index),
  }));
}

function callText({ call, args, store }: Operation): string {
  const text = call === 'compare' ? conditionText(args) : `${call}(${args.map(argumentText).join(', ')})`;
  return `${text}${store ? ` = ${store.name}` : ''}`;
}

/** What `compare` compares, and what its result is if that is not so; with no bits to compare, only its result. */
function conditionText([address = 0, mask = 0, value = 0, otherwise = 0]: readonly Argument[]): string {
  if (mask === 0) return `result(${resultText(otherwise)})`;
  const bits = mask === -1 ? '' : ` & ${argumentText(mask)}`;
  return `compare(${argumentText(address)}${bits} == ${resultText(value)}, else ${resultText(otherwise)})`;
}

function resultText(argument: Argument): string {
  const highestErrno = 133;
  const isError = typeof argument === 'number' && argument < 0 && argument >= -highestErrno;
  return isError ? `-${errnoName(-argument)}` : argumentText(argument);
}

function argumentText(argument: Argument): string {
  if (typeof argument === 'string') return JSON.stringify(argument);
  if (typeof argument === 'number' || typeof argument === 'bigint') return String(argument);
  if (argument instanceof Slot) return `<${argument.name}>`;
  if (argument instanceof Memory) return argument.name;
  if ('memory' in argument) return `${argument.memory.name}+${argument.offset}`;
  return argument.text;
}

function branchTexts({ onZero, onPositive, onError, tolerate }: Operation, index: number): string[] {
  const to = (label: Label | undefined) => (label?.index === undefined ? index + 1 : label.index);
  const branches: string[] = [];
  if (onZero === onPositive && onZero) branches.push(`success: ${to(onZero)}`);
  else {
    if (onZero) branches.push(`0: ${to(onZero)}`);
    if (onPositive) branches.push(`positive: ${to(onPositive)}`);
  }
  if (tolerate === 'any') branches.push(`any error: ${to(onError)}`);
  else if (tolerate.length > 0) branches.push(`${tolerate.map(errnoName).join(', ')}: ${to(onError)}`);
  return branches;
}
