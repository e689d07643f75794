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
  const { operations } = program;
  const writer = new Writer(options.address, headerBytes + operations.length * operationBytes);
  const first = options.address + headerBytes;
  writer.setWord(options.address, first);
  writer.setWord(options.address + 8, first + operations.length * operationBytes);
  writer.setWord(options.address + 16, options.reportTo);
  for (let index = 0; index < operations.length; index++)
    writeOperation(writer, operations[index]!, index, first + index * operationBytes, options.machine);
  for (const memory of program.kept) writer.place(memory);
  // Only now are all uses of each result known.
  for (let index = 0; index < operations.length; index++) {
    const { store } = operations[index]!;
    if (store) writer.setWord(first + index * operationBytes + 56, writer.storeList(store));
  }
  return {
    bytes: writer.finish(),
    operationAt: (address) => operations[(address - first) / operationBytes],
    addressOf: (memory) => writer.place(memory),
  };
}

/** Called for each operation by an engine that compiles nothing: what is usual, no label and a zero, costs no call. */
function writeOperation(writer: Writer, operation: Operation, index: number, at: number, machine: Machine): void {
  const { call, args, onZero, onPositive, onError, tolerate } = operation;
  writer.setWord(at, call === 'compare' ? compareNumber : syscallNumber(call, machine));
  for (let position = 0; position < args.length; position++) {
    const argument = args[position]!;
    if (argument !== 0) writer.setArgument(at + 8 + position * 8, argument);
  }
  if (onZero !== undefined || onPositive !== undefined || onError !== undefined) {
    const skips = skipCount(call, onZero, index) | (skipCount(call, onPositive, index) << 16);
    writer.setHalves(at + 64, skips, skipCount(call, onError, index));
  }
  if (tolerate === 'any') writer.setHalves(at + 72, 1, 0);
  else if (tolerate.length > 0) {
    const { low, high } = toleratedBits(tolerate);
    writer.setHalves(at + 72, low, high);
  }
}

/** How many operations lie between this one and the label. */
function skipCount(call: string, label: Label | undefined, index: number): number {
  if (label === undefined) return 0;
  if (label.index === undefined || label.index <= index) throw new Error(`${call} skips to no later place`);
  return label.index - index - 1;
}

interface Halves {
  readonly low: number;
  readonly high: number;
}

/** Most operations share a few lists. */
const bitsOfLists = new WeakMap<readonly number[], Halves>();

function toleratedBits(errnos: readonly number[]): Halves {
  const known = bitsOfLists.get(errnos);
  if (known !== undefined) return known;
  const halves = [0, 0];
  for (const errno of errnos) {
    if (errno < 1 || errno > 63) throw new Error(`errno ${errno} cannot be tolerated: only 1 to 63 can`);
    halves[errno >> 5]! |= 1 << (errno & 31);
  }
  const bits = { low: halves[0]!, high: halves[1]! };
  bitsOfLists.set(errnos, bits);
  return bits;
}

/** Memory that grows, filled by address. Words are at addresses that 8 divides. */
class Writer {
  readonly #base: number;
  #bytes: Buffer<ArrayBuffer>;
  #halves: Int32Array;
  #length: number;
  readonly #strings = new Map<string, number>();
  readonly #memories = new Map<Memory, number>();
  readonly #uses = new Map<Slot, number[]>();
  readonly #lists = new Map<Slot, number>();

  constructor(base: number, reserved: number) {
    this.#base = base;
    this.#bytes = zeroed(reserved * 2 + (1 << 15));
    this.#halves = new Int32Array(this.#bytes.buffer);
    this.#length = reserved;
  }

  /** Sets a word, which is zero until then. */
  setWord(address: number, value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.setHalves(address, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
      return;
    }
    const at = (address - this.#base) / 4;
    this.#halves[at] = value;
    if (value < 0 || value > 0xffffffff) this.#halves[at + 1] = Math.floor(value / 2 ** 32);
  }

  /** Sets a word by its lower and its upper half. */
  setHalves(address: number, low: number, high: number): void {
    const at = (address - this.#base) / 4;
    this.#halves[at] = low;
    this.#halves[at + 1] = high;
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
    const address = this.#claim(memory.bytes.length, 16);
    this.#bytes.set(memory.bytes, address - this.#base);
    this.#memories.set(memory, address);
    for (const [offset, value] of memory.words) this.setArgument(address + offset, value);
    return address;
  }

  /** The address of the list of places that use a slot. */
  storeList(slot: Slot): number {
    const known = this.#lists.get(slot);
    if (known !== undefined) return known;
    const uses = this.#uses.get(slot) ?? [];
    const address = this.#claim((uses.length + 1) * 8, 8);
    for (let index = 0; index < uses.length; index++) this.setWord(address + index * 8, uses[index]!);
    this.#lists.set(slot, address);
    return address;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #text(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    // A UTF-16 unit is at most three bytes of UTF-8; the byte behind the text is zero already.
    this.#reserve(this.#length + text.length * 3 + 1);
    const address = this.#base + this.#length;
    this.#length += this.#bytes.write(text, this.#length, 'utf8') + 1;
    this.#strings.set(text, address);
    return address;
  }

  #use(slot: Slot, address: number): void {
    const uses = this.#uses.get(slot);
    if (uses) uses.push(address);
    else this.#uses.set(slot, [address]);
  }

  /** The address of new memory, which is zero. */
  #claim(size: number, alignment: number): number {
    const at = (this.#length + alignment - 1) & -alignment;
    this.#reserve(at + size);
    this.#length = at + size;
    return this.#base + at;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = zeroed(Math.ceil(size / 8) * 16);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#halves = new Int32Array(grown.buffer);
  }
}

/** Memory of its own, from its first byte on. */
function zeroed(size: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(size));
}
