/**
 * Values of D-Bus as bytes (dbus.freedesktop.org/doc/dbus-specification.html, "Marshaling (Wire Format)"), little-endian. In
 * JavaScript a `y`, `n`, `q`, `i`, `u`, `d` is a number, an `x`, `t` a bigint, a `b` a boolean, an `s`, `o`, `g` a string, an
 * array or a structure an array, a dictionary entry an array of two, a variant a {@link Variant}.
 */

/** A value that says its own type. */
export interface Variant {
  readonly signature: string;
  readonly value: unknown;
}

/** Bytes that each type is aligned to. */
const alignments: Readonly<Record<string, number>> = {
  ...{ y: 1, g: 1, v: 1, n: 2, q: 2, b: 4, i: 4, u: 4, s: 4, o: 4, a: 4, x: 8, t: 8, d: 8, '(': 8, '{': 8 },
};

interface FixedType {
  readonly size: number;
  write(bytes: Buffer, at: number, value: unknown): void;
  read(bytes: Buffer, at: number): unknown;
}

const fixed = <T>(
  size: number,
  write: (bytes: Buffer, at: number, value: T) => void,
  read: (bytes: Buffer, at: number) => T,
): FixedType => ({ size, write: (bytes, at, value) => write(bytes, at, value as T), read });

/** Types that always have the same number of bytes. */
const fixedTypes: Readonly<Record<string, FixedType>> = {
  y: fixed<number>(
    1,
    (b, at, v) => b.writeUInt8(v, at),
    (b, at) => b.readUInt8(at),
  ),
  n: fixed<number>(
    2,
    (b, at, v) => b.writeInt16LE(v, at),
    (b, at) => b.readInt16LE(at),
  ),
  q: fixed<number>(
    2,
    (b, at, v) => b.writeUInt16LE(v, at),
    (b, at) => b.readUInt16LE(at),
  ),
  i: fixed<number>(
    4,
    (b, at, v) => b.writeInt32LE(v, at),
    (b, at) => b.readInt32LE(at),
  ),
  u: fixed<number>(
    4,
    (b, at, v) => b.writeUInt32LE(v, at),
    (b, at) => b.readUInt32LE(at),
  ),
  b: fixed<boolean>(
    4,
    (b, at, v) => b.writeUInt32LE(v ? 1 : 0, at),
    (b, at) => b.readUInt32LE(at) !== 0,
  ),
  x: fixed<bigint>(
    8,
    (b, at, v) => b.writeBigInt64LE(v, at),
    (b, at) => b.readBigInt64LE(at),
  ),
  t: fixed<bigint>(
    8,
    (b, at, v) => b.writeBigUInt64LE(v, at),
    (b, at) => b.readBigUInt64LE(at),
  ),
  d: fixed<number>(
    8,
    (b, at, v) => b.writeDoubleLE(v, at),
    (b, at) => b.readDoubleLE(at),
  ),
};

/** The complete types that a signature is a row of: `a(sv)u` is `a(sv)` and `u`. */
export function completeTypes(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, start: number): number {
  const first = signature[start] ?? '';
  if (!(first in alignments)) throw new Error(`"${signature}" is no D-Bus signature`);
  if (first === 'a') return endOfType(signature, start + 1);
  if (first !== '(' && first !== '{') return start + 1;
  const close = first === '(' ? ')' : '}';
  let at = start + 1;
  while (signature[at] !== close) at = endOfType(signature, at);
  return at + 1;
}

/** Builds a message or a part of one, from a place that 8 divides. */
export class Writer {
  #bytes = Buffer.alloc(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  align(to: number): void {
    this.#room(Math.ceil(this.#length / to) * to - this.#length);
  }

  /** Values of the types of a signature, in order. */
  writeAll(signature: string, values: readonly unknown[]): void {
    for (const [index, type] of completeTypes(signature).entries()) this.write(type, values[index]);
  }

  /** One value of one complete type. */
  write(type: string, value: unknown): void {
    this.align(alignments[type[0]!]!);
    const fixed = fixedTypes[type[0]!];
    if (fixed) {
      // Making room may replace the bytes.
      const at = this.#room(fixed.size);
      fixed.write(this.#bytes, at, value);
    } else if (type === 'v') {
      const { signature, value: inner } = value as Variant;
      this.write('g', signature);
      this.write(signature, inner);
    } else if (type[0] === 'a') this.#array(type.slice(1), value as readonly unknown[]);
    else if (type[0] === '(' || type[0] === '{') this.writeAll(type.slice(1, -1), value as readonly unknown[]);
    else {
      this.write(type === 'g' ? 'y' : 'u', Buffer.byteLength(value as string));
      this.#text(value as string);
    }
  }

  /** The length in bytes stands in front, and does not count what aligns the first element. */
  #array(type: string, values: readonly unknown[]): void {
    const at = this.#room(4);
    this.align(alignments[type[0]!]!);
    const start = this.#length;
    for (const value of values) this.write(type, value);
    this.#bytes.writeUInt32LE(this.#length - start, at);
  }

  #text(text: string): void {
    const at = this.#room(Buffer.byteLength(text) + 1);
    this.#bytes.write(text, at);
  }

  /** Zeros for so many more bytes; answers where they begin. */
  #room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#length + this.#bytes.length)]);
    return at;
  }
}

/** Reads values from a message; the first byte of `bytes` is at a place that 8 divides. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#at;
  }

  align(to: number): void {
    this.#at = Math.ceil(this.#at / to) * to;
  }

  readAll(signature: string): unknown[] {
    return completeTypes(signature).map((type) => this.read(type));
  }

  read(type: string): unknown {
    this.align(alignments[type[0]!]!);
    const fixed = fixedTypes[type[0]!];
    if (fixed) return fixed.read(this.#bytes, this.#step(fixed.size));
    if (type === 'v') {
      const signature = this.read('g') as string;
      return { signature, value: this.read(signature) };
    }
    if (type[0] === 'a') return this.#array(type.slice(1));
    if (type[0] === '(' || type[0] === '{') return this.readAll(type.slice(1, -1));
    return this.#text(this.read(type === 'g' ? 'y' : 'u') as number);
  }

  #array(type: string): unknown[] {
    const length = this.read('u') as number;
    this.align(alignments[type[0]!]!);
    const end = this.#at + length;
    const values: unknown[] = [];
    while (this.#at < end) values.push(this.read(type));
    return values;
  }

  #text(length: number): string {
    const at = this.#step(length + 1);
    return this.#bytes.toString('utf8', at, at + length);
  }

  #step(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
