/** CPUs and memory nodes of the configuration, as masks that the kernel takes. */
import { maskOf, parseNumberList } from '@drydock/linux/number-list';
import { Memory } from '@drydock/linux/program/operation';
import { Failure } from '../failure.ts';

/** The numbers of a list, ascending. Throws {@link Failure} for what is no list; `what` says whose it is. */
export function numberList(text: string, what: string): number[] {
  const numbers = parseNumberList(text);
  if (numbers === undefined) throw new Failure(`invalid ${what} "${text}"`);
  return numbers;
}

/** A bit for each number, in whole words of the kernel's `long`. */
export function wordMask(numbers: readonly number[]): Uint8Array {
  const mask = maskOf(numbers);
  const words = new Uint8Array(Math.ceil(mask.length / 8) * 8);
  words.set(mask);
  return words;
}

/** A mask as an argument of a call; plans show the list. */
export function maskMemory(text: string, numbers: readonly number[]): Memory {
  return new Memory(`[${text}]`, wordMask(numbers));
}
