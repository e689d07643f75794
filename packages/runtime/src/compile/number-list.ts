/** Lists of CPUs and memory nodes such as `0-2,7` (cpuset(7), "List format"), and their masks. */
import { Memory } from '@drydock/linux/program/operation';
import { Failure } from '../failure.ts';

/** More than any kernel has of either. */
const highest = 8191;

/** The numbers of a list, ascending. Throws {@link Failure} for what is no list. */
export function parseNumberList(text: string, what: string): number[] {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const [, first = '', last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === '' || to < from || to > highest) throw new Failure(`invalid ${what} "${text}"`);
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** A bit for each number, in whole words of the kernel's `long`. */
export function maskOf(numbers: readonly number[]): Uint8Array {
  const mask = new Uint8Array((Math.floor((numbers.at(-1) ?? 0) / 64) + 1) * 8);
  for (const number of numbers) mask[number >> 3] = (mask[number >> 3] ?? 0) | (1 << (number & 7));
  return mask;
}

/** A mask as an argument of a call; plans show the list. */
export function maskMemory(text: string, numbers: readonly number[]): Memory {
  return new Memory(`[${text}]`, maskOf(numbers));
}
