/** Lists of CPUs and memory nodes such as `0-2,7` (cpuset(7), "List format"), and their masks. */

/** More than any kernel has of either. */
const highest = 8191;

/** The numbers of a list, ascending; undefined for what is no list. */
export function parseNumberList(text: string): number[] | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const [, first = '', last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === '' || to < from || to > highest) return undefined;
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** A bit for each number, in as many bytes as they need (cpuset(7), "Mask format", in the order of the bits). */
export function maskOf(numbers: readonly number[]): Uint8Array {
  const mask = new Uint8Array(((numbers.at(-1) ?? 0) >> 3) + 1);
  for (const number of numbers) mask[number >> 3] = (mask[number >> 3] ?? 0) | (1 << (number & 7));
  return mask;
}
