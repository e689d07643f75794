/**
 * Sparse files in tar archives, in the four forms that GNU tar writes (GNU tar manual, "Storing Sparse Files"): the archive
 * has the data without the holes, and a map of where it belongs.
 *
 *   old     type S, the map in the header and in blocks behind it
 *   0.0     pax records GNU.sparse.offset and GNU.sparse.numbytes, repeated
 *   0.1     pax record GNU.sparse.map
 *   1.0     the map as decimals in front of the data, filled up to a block
 */
import { type Records, recordText } from './tar-pax.ts';

const blockSize = 512;
/** Bytes of a map in front of data: more is an attack on memory. */
const maxMapSize = 1 << 20;

/** Where a piece of the data belongs. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** A sparse file: its size with the holes; without `segments` the map is in front of the data. */
export interface SparseFile {
  readonly size: number;
  readonly segments: readonly Segment[] | undefined;
}

/** What pax records say of a sparse file, or undefined if the file is not sparse. */
export function sparseOf(records: Records): SparseFile | undefined {
  const number = (key: string): number | undefined => {
    const text = recordText(records, key);
    return text === undefined ? undefined : Number(text);
  };
  const size = number('GNU.sparse.realsize') ?? number('GNU.sparse.size');
  if (recordText(records, 'GNU.sparse.major') === '1') return checked({ size: size ?? -1, segments: undefined });
  const map = recordText(records, 'GNU.sparse.map');
  if (map === undefined || size === undefined) return undefined;
  return checked({ size, segments: pairs(map === '' ? [] : map.split(',').map(Number)) });
}

/** The map in an old header, and whether another block of it follows. */
export function oldSegments(block: Buffer, start: number, count: number, read: (at: number) => number): Segment[] {
  const found: Segment[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = start + index * 24;
    if (block[at] === 0) break;
    found.push({ offset: read(at), length: read(at + 12) });
  }
  return found;
}

/** Puts the pieces of one file's data where they belong. */
export class SparseData {
  readonly #write: (chunk: Uint8Array, offset: number) => void;
  readonly #size: number;
  #segments: Segment[] | undefined;
  /** The map, while it is still being read. */
  #head: Buffer = Buffer.alloc(0);
  /** How much of the first segment is done. */
  #done = 0;

  constructor({ size, segments }: SparseFile, write: (chunk: Uint8Array, offset: number) => void) {
    this.#write = write;
    this.#size = size;
    this.#segments = segments === undefined ? undefined : [...segments];
  }

  push(chunk: Uint8Array): void {
    let rest = this.#segments === undefined ? this.#readMap(chunk) : chunk;
    while (rest.length > 0) {
      const segment = this.#segments?.[0];
      if (segment === undefined) throw new Error('sparse tar entry has more data than its map');
      const piece = rest.subarray(0, segment.length - this.#done);
      if (piece.length > 0) this.#write(piece, segment.offset + this.#done);
      this.#done += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#done === segment.length) {
        this.#segments!.shift();
        this.#done = 0;
      }
    }
  }

  #readMap(chunk: Uint8Array): Uint8Array {
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length > maxMapSize + chunk.length) throw new Error('sparse map of tar entry is too long');
    const lines = this.#head.toString('latin1').split('\n');
    const count = Number(lines[0]);
    // The last piece may be half a number.
    if (lines.length < 2 || lines.length - 1 < 1 + count * 2) return new Uint8Array(0);
    const numbers = lines.slice(0, 1 + count * 2);
    const length = Math.ceil((numbers.join('\n').length + 1) / blockSize) * blockSize;
    if (this.#head.length < length) return new Uint8Array(0);
    this.#segments = [...checked({ size: this.#size, segments: pairs(numbers.slice(1).map(Number)) }).segments!];
    return this.#head.subarray(length);
  }
}

function pairs(numbers: readonly number[]): Segment[] {
  const found: Segment[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) found.push({ offset: numbers[at]!, length: numbers[at + 1]! });
  return found;
}

/** Throws for a map that is out of order or goes beyond the file. */
export function checked(file: SparseFile): SparseFile {
  let end = 0;
  for (const { offset, length } of file.segments ?? []) {
    if (!(offset >= end && length >= 0 && offset + length <= file.size))
      throw new Error('invalid sparse map of tar entry');
    end = offset + length;
  }
  if (!Number.isSafeInteger(file.size) || file.size < 0) throw new Error('invalid size of sparse tar entry');
  return file;
}
