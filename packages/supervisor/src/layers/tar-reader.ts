/**
 * Reads a tar stream (POSIX ustar and pax, GNU long names), pushed in as chunks of any size:
 *
 *   entry(header)  data(chunk)*  end()   …   finish()
 *
 * tar-stream is not used here: it decodes pax records as UTF-8, which destroys binary values such as a file's
 * capabilities, ignores pax owners, and costs a stream an entry.
 */
import type { EntryType, TarEntry } from './tar-entry.ts';
import { parseMoment, parseRecords, type Records, recordText, xattrsOf } from './tar-pax.ts';
import { checked, oldSegments, type Segment, SparseData, type SparseFile, sparseOf } from './tar-sparse.ts';

const blockSize = 512;
/** Bytes in a long name or in pax records: more is an attack on memory. */
const maxSpecialSize = 1 << 20;

const types: Readonly<Record<string, EntryType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  // A contiguous file, which no system of today tells from others.
  '7': 'file',
};

export interface TarHandler {
  /** A new entry. */
  entry(entry: TarEntry): void;
  /** A piece of its data; the memory is only lent. `offset` is where it belongs if there is a hole in front of it. */
  data(chunk: Uint8Array, offset?: number): void;
  /** The entry is complete. */
  end(): void;
}

type Header = Omit<TarEntry, 'type'> & { readonly flag: string };

export class TarReader {
  readonly #handler: TarHandler;
  #pending: Buffer = Buffer.alloc(0);
  /** What is left of the current entry's data, and of the padding behind it. */
  #data = 0;
  #padding = 0;
  /** A long name or pax records that are being collected for the next entry. */
  #special: { readonly flag: string; readonly chunks: Buffer[] } | undefined;
  #records: Records = new Map();
  /** A sparse file's data, and the map of one of the old form while it goes on in blocks of its own. */
  #sparse: SparseData | undefined;
  #oldSparse: { readonly header: Header; readonly size: number; readonly segments: Segment[] } | undefined;
  #longPath: string | undefined;
  #longTarget: string | undefined;
  #offset = 0;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** Takes the next bytes of the stream. Throws if they are no tar archive, or what the handler throws. */
  push(chunk: Buffer): void {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (rest.length > 0) {
      if (this.#data > 0) {
        const length = Math.min(this.#data, rest.length);
        this.#take(rest.subarray(0, length));
        this.#data -= length;
        rest = this.#advance(rest, length);
        if (this.#data === 0) this.#finishEntry();
      } else if (this.#padding > 0) {
        const length = Math.min(this.#padding, rest.length);
        this.#padding -= length;
        rest = this.#advance(rest, length);
      } else {
        if (rest.length < blockSize) break;
        this.#header(rest.subarray(0, blockSize));
        rest = this.#advance(rest, blockSize);
      }
    }
    this.#pending = Buffer.from(rest);
  }

  /** Says that the stream has ended. Throws if that was in the middle of an entry. */
  finish(): void {
    if (this.#data > 0 || this.#padding > 0 || this.#pending.length > 0 || this.#oldSparse !== undefined)
      throw new Error(`unexpected end of tar stream at byte ${this.#offset + this.#pending.length}`);
  }

  #advance(rest: Buffer, length: number): Buffer {
    this.#offset += length;
    return rest.subarray(length);
  }

  #take(data: Buffer): void {
    if (this.#special === undefined) {
      if (this.#sparse === undefined) this.#handler.data(data);
      else this.#sparse.push(data);
    } else this.#special.chunks.push(Buffer.from(data));
  }

  #header(block: Buffer): void {
    if (this.#oldSparse === undefined) this.#entryHeader(block);
    else this.#sparseBlock(block, 0, 21, 504);
  }

  #entryHeader(block: Buffer): void {
    if (block.every((byte) => byte === 0)) return;
    if (!hasValidChecksum(block)) throw new Error(`invalid tar header at byte ${this.#offset}`);
    const header = decodeHeader(block);
    if ('gxLK'.includes(header.flag)) {
      if (header.size > maxSpecialSize)
        throw new Error(`tar header at byte ${this.#offset} has ${header.size} bytes of records`);
      this.#special = { flag: header.flag, chunks: [] };
      this.#expect(header.size);
      return;
    }
    if (header.flag === 'S') {
      this.#oldSparse = { header: { ...header, flag: '0' }, size: decodeNumber(block, 483, 495), segments: [] };
      this.#sparseBlock(block, 386, 4, 482);
    } else this.#begin(header, sparseOf(this.#records));
  }

  /** Takes a block with a part of an old map; a mark says whether there is more. */
  #sparseBlock(block: Buffer, start: number, count: number, mark: number): void {
    const { header, size, segments } = this.#oldSparse!;
    segments.push(...oldSegments(block, start, count, (at) => decodeNumber(block, at, at + 12)));
    if (block[mark] !== 0) return;
    this.#oldSparse = undefined;
    this.#begin(header, checked({ size, segments }));
  }

  #begin(header: Header, sparse: SparseFile | undefined): void {
    const entry = this.#complete(header);
    this.#sparse =
      sparse === undefined ? undefined : new SparseData(sparse, (chunk, at) => this.#handler.data(chunk, at));
    this.#handler.entry(sparse === undefined ? entry : { ...entry, size: sparse.size });
    this.#expect(entry.size);
  }

  #expect(size: number): void {
    this.#data = size;
    this.#padding = (blockSize - (size % blockSize)) % blockSize;
    if (size === 0) this.#finishEntry();
  }

  #finishEntry(): void {
    const special = this.#special;
    if (special === undefined) {
      this.#handler.end();
      return;
    }
    this.#special = undefined;
    const bytes = Buffer.concat(special.chunks);
    if (special.flag === 'x') this.#records = parseRecords(bytes);
    else if (special.flag === 'L') this.#longPath = cText(bytes, 0, bytes.length);
    else if (special.flag === 'K') this.#longTarget = cText(bytes, 0, bytes.length);
    // Global records ('g') say nothing about one file; containerd ignores them too.
  }

  /** The entry of a header, with what the records before it say. */
  #complete({ flag, ...header }: Header): TarEntry {
    const records = this.#records;
    const path = recordText(records, 'GNU.sparse.name') ?? recordText(records, 'path') ?? this.#longPath ?? header.path;
    const type = flag === '\0' && path.endsWith('/') ? 'directory' : types[flag];
    if (type === undefined) throw new Error(`unhandled tar header type ${flag.charCodeAt(0)} of ${path}`);
    const number = (key: string): number | undefined => {
      const text = recordText(records, key);
      return text === undefined ? undefined : Number(text);
    };
    const entry: TarEntry = {
      path,
      type,
      mode: header.mode,
      uid: number('uid') ?? header.uid,
      gid: number('gid') ?? header.gid,
      size: type === 'file' ? (number('size') ?? header.size) : 0,
      modified: parseMoment(recordText(records, 'mtime')) ?? header.modified,
      accessed: parseMoment(recordText(records, 'atime')),
      target: recordText(records, 'linkpath') ?? this.#longTarget ?? header.target,
      device: header.device,
      xattrs: xattrsOf(records),
    };
    if (!Number.isSafeInteger(entry.size) || entry.size < 0) throw new Error(`invalid size of tar entry ${path}`);
    this.#records = new Map();
    this.#longPath = undefined;
    this.#longTarget = undefined;
    return entry;
  }
}

function decodeHeader(block: Buffer): Header {
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? cText(block, 345, 500) : '';
  const name = cText(block, 0, 100);
  return {
    flag: String.fromCharCode(block[156]!),
    path: prefix === '' ? name : `${prefix}/${name}`,
    mode: decodeNumber(block, 100, 108) & 0o7777,
    uid: decodeNumber(block, 108, 116),
    gid: decodeNumber(block, 116, 124),
    size: decodeNumber(block, 124, 136),
    modified: { seconds: decodeNumber(block, 136, 148), nanos: 0 },
    target: cText(block, 157, 257),
    device: { major: decodeNumber(block, 329, 337), minor: decodeNumber(block, 337, 345) },
    xattrs: new Map(),
  };
}

/** A number: octal digits between spaces and zeros, or with the first bit set, two's complement in base 256. */
function decodeNumber(block: Buffer, start: number, end: number): number {
  const first = block[start]!;
  if ((first & 0x80) === 0) return Number.parseInt(cText(block, start, end).trim() || '0', 8);
  let value = (first & 0x40) === 0 ? BigInt(first & 0x3f) : BigInt(first | ~0x7f);
  for (let at = start + 1; at < end; at += 1) value = (value << 8n) | BigInt(block[at]!);
  return Number(value);
}

function hasValidChecksum(block: Buffer): boolean {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockSize; at += 1) if (at < 148 || at >= 156) sum += block[at]!;
  return sum === decodeNumber(block, 148, 156);
}

/** Text up to the first zero byte, as a byte string. */
function cText(bytes: Buffer, start: number, end: number): string {
  const zero = bytes.subarray(start, end).indexOf(0);
  return bytes.toString('latin1', start, zero === -1 ? end : start + zero);
}
