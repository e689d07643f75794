/**
 * What a syscall program is made of: system calls whose arguments may be results of earlier ones, pieces of memory, and
 * places to go on at. Nothing here is laid out at an address yet (layout.ts), so a program is built without the kernel.
 */
import type { SyscallName } from '../numbers.ts';

/** A system call, or `compare`: see {@link Operation.call}. */
export type CallName = SyscallName | 'compare';

/** The result of an operation, to be used as an argument of later ones, or to be read in memory. */
export class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Bytes at an address that the program knows; words of it may be addresses or results. Aligned to 16. */
export class Memory {
  /** How a plan shows it, such as `{flags=O_PATH}`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Words that layout fills in: byte offset and value. */
  readonly words: readonly (readonly [offset: number, value: Argument])[];

  constructor(name: string, bytes: Uint8Array | number, words: readonly (readonly [number, Argument])[] = []) {
    this.name = name;
    this.bytes = typeof bytes === 'number' ? new Uint8Array(bytes) : bytes;
    this.words = words;
  }

  /** The address of a byte inside. */
  at(offset: number): Place {
    return { memory: this, offset };
  }
}

/** An array of strings as execve(2) wants it: their addresses, then a null. `name`: how a plan shows it. */
export function stringArray(values: readonly string[], name = JSON.stringify(values)): Memory {
  const addresses = values.map((value, index) => [index * wordBytes, value] as const);
  return new Memory(name, (values.length + 1) * wordBytes, addresses);
}

/** An address inside a memory. */
export interface Place {
  readonly memory: Memory;
  readonly offset: number;
}

/** A number with the text that a plan shows for it, such as `MS_BIND|MS_REC`. */
export interface Named {
  readonly value: number | bigint;
  readonly text: string;
}

/** A number; a string, passed as the address of its NUL-terminated bytes; the address of a memory; a result. */
export type Argument = number | bigint | string | Named | Memory | Place | Slot;

/** A place in a program, after the operations that skip to it. */
export class Label {
  /** The index of the operation that follows; set by {@link Program.place}. */
  index: number | undefined;
}

/** One operation. */
export interface Operation {
  /**
   * `compare(address, mask, value, otherwise)` reads the word at `address`: the result is 0 if its masked bits are `value`,
   * else `otherwise` — which is an error if it is a negated errno, and may be an address.
   */
  readonly call: CallName;
  readonly args: readonly Argument[];
  /** Gets the result, a negated errno too. */
  readonly store: Slot | undefined;
  /** Where to go on after 0, after a positive result, and after a tolerated error; undefined is the next operation. */
  readonly onZero: Label | undefined;
  readonly onPositive: Label | undefined;
  readonly onError: Label | undefined;
  /** Errors that do not end the program: numbers below 64, or all. */
  readonly tolerate: readonly number[] | 'any';
  /** The part of the container's life that it belongs to, such as `mounts`. */
  readonly stage: string;
  /** The field of the configuration that it comes from, such as `mounts[2]`. */
  readonly field: string;
  /** What fails if it fails, such as `mount proc on /proc`, or the whole message for an errno. */
  readonly failure: string | ((errno: number) => string);
}

/** Words of one operation, and the bytes of a word. */
export const operationWords = 10;
export const wordBytes = 8;
