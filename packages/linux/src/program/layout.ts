/**
 * Lays a program out in memory. One operation is ten 8-byte words:
 *
 *     0     system call number, or -1 for `compare`
 *     1-6   arguments
 *     7     0, or the address of a list of addresses, ended by 0, to store the result at: argument words of later
 *           operations, so that a descriptor flows from the call that opens it to the calls that use it
 *     8     how many operations to skip: bits 0-15 after 0, bits 16-31 after a positive result, bits 32-47 after a
 *           tolerated error
 *     9     the tolerated errors: bit n is errno n, bit 0 stands for all
 *
 * In front of the operations is the header that the routine works with:
 *
 *     0     address of the first operation
 *     1     address after the last one
 *     2     descriptor that a failure is written to, as words 3 and 4
 *     3     address of the operation that failed
 *     4     its result: the negated errno
 */
import { syscallNumber } from '../numbers.ts';
import { type Argument, type Label, Memory, type Operation, operationWords, Slot, wordBytes } from './operation.ts';
import type { Program } from './program.ts';

const headerBytes = 64;
const operationBytes = operationWords * wordBytes;
const compareNumber = -1;

/** The machine that a program is for. */
export type Machine = 'x64' | 'arm64';

export interface LayoutOptions {
  readonly machine: Machine;
  /** Where the header will be. */
  readonly address: number;
  /** Where a failure is written to. */
  readonly reportTo: number;
}

/** A program's memory, header first. */
export interface Layout {
  readonly bytes: Uint8Array;
  /** The operation that a report names by its address. */
  operationAt(address: number): Operation | undefined;
  /** Where a memory of the program is. */
  addressOf(memory: Memory): number;
}

/** Lays out a program. Throws if an operation skips to a label that was never placed, or backwards. */
export function layOut(program: Program, options: LayoutOptions): Layout {
  const writer = new Writer(options.address, headerBytes + program.operations.length * operationBytes);
  const first = options.address + headerBytes;
  writer.setWord(options.address, first);
  writer.setWord(options.address + 8, first + program.operations.length * operationBytes);
  writer.setWord(options.address + 16, options.reportTo);
  for (const [index, operation] of program.operations.entries()) {
    const at = first + index * operationBytes;
    const { call } = operation;
    writer.setWord(at, call === 'compare' ? compareNumber : syscallNumber(call, options.machine));
    for (const [position, argument] of operation.args.entries()) writer.setArgument(at + 8 + position * 8, argument);
    writer.setWord(at + 64, skips(operation, index));
    writer.setWord(at + 72, toleranceMask(operation.tolerate));
  }
  for (const memory of program.kept) writer.place(memory);
  for (const [index, operation] of program.operations.entries()) {
    if (operation.store) writer.setWord(first + index * operationBytes + 56, writer.storeList(operation.store));
  }
  return {
    bytes: writer.finish(),
    operationAt: (address) => program.operations[(address - first) / operationBytes],
    addressOf: (memory) => writer.place(memory),
  };
}

function skips(operation: Operation, index: number): bigint {
  const count = (label: Label | undefined): bigint => {
    if (label === undefined) return 0n;
    if (label.index === undefined || label.index <= index) throw new Error(`${operation.call} skips to no later place`);
    return BigInt(label.index - index - 1);
  };
  return count(operation.onZero) | (count(operation.onPositive) << 16n) | (count(operation.onError) << 32n);
}

function toleranceMask(tolerate: readonly number[] | 'any'): bigint {
  if (tolerate === 'any') return 1n;
  return tolerate.reduce((mask, errno) => {
    if (errno < 1 || errno > 63) throw new Error(`errno ${errno} cannot be tolerated: only 1 to 63 can`);
    return mask | (1n << BigInt(errno));
  }, 0n);
}

/** Memory that grows, filled by address. */
class Writer {
  readonly #base: number;
  #bytes: Uint8Array;
  #view: DataView;
  #length: number;
  readonly #strings = new Map<string, number>();
  readonly #memories = new Map<Memory, number>();
  readonly #uses = new Map<Slot, number[]>();
  readonly #lists = new Map<Slot, number>();

  constructor(base: number, reserved: number) {
    this.#base = base;
    this.#bytes = new Uint8Array(Math.max(1 << 15, reserved * 2));
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = reserved;
  }

  setWord(address: number, value: number | bigint): void {
    const at = address - this.#base;
    if (typeof value === 'bigint') {
      this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
      return;
    }
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32) >>> 0, true);
  }

  setArgument(address: number, argument: Argument): void {
    if (typeof argument === 'number' || typeof argument === 'bigint') this.setWord(address, argument);
    else if (typeof argument === 'string') this.setWord(address, this.#text(argument));
    else if (argument instanceof Memory) this.setWord(address, this.place(argument));
    else if (argument instanceof Slot) this.#use(argument, address);
    else if ('memory' in argument) this.setWord(address, this.place(argument.memory) + argument.offset);
    else this.setWord(address, argument.value);
  }

  /** The address of a memory, which is laid out the first time. */
  place(memory: Memory): number {
    const placed = this.#memories.get(memory);
    if (placed !== undefined) return placed;
    const address = this.#append(memory.bytes, 16);
    this.#memories.set(memory, address);
    for (const [offset, value] of memory.words) this.setArgument(address + offset, value);
    return address;
  }

  /** The address of the list of places that use a slot. */
  storeList(slot: Slot): number {
    const known = this.#lists.get(slot);
    if (known !== undefined) return known;
    const uses = this.#uses.get(slot) ?? [];
    const address = this.#append(new Uint8Array((uses.length + 1) * 8), 8);
    for (const [index, use] of uses.entries()) this.setWord(address + index * 8, use);
    this.#lists.set(slot, address);
    return address;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #text(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const address = this.#append(new TextEncoder().encode(`${text}\0`), 1);
    this.#strings.set(text, address);
    return address;
  }

  #use(slot: Slot, address: number): void {
    const uses = this.#uses.get(slot);
    if (uses) uses.push(address);
    else this.#uses.set(slot, [address]);
  }

  #append(bytes: Uint8Array, alignment: number): number {
    const at = Math.ceil(this.#length / alignment) * alignment;
    const needed = at + bytes.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(needed * 2);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#bytes.set(bytes, at);
    this.#length = needed;
    return this.#base + at;
  }
}
