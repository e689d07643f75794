/**
 * What a process has written and its log does not have yet. The kernel moves output from the pipe into the spool's file,
 * and a mark in its head says how far it is in the log, so an engine that is killed loses no byte and repeats none:
 *
 *   pipe ──splice(2)──▶ spool ──append──▶ log
 *
 * The file is a head of four numbers, then data. `from` is where the data that the log lacks begins; while lines are
 * appended, `to` is where it will begin once the log has grown from `before` to `after` bytes.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { spliceToFile } from '@drydock/linux/splice';

const headSize = 32;
/** The most that is taken at once: what a pipe holds by default. */
const chunkSize = 64 * 1024;
/** From how much data that the log has on the file is written anew. */
const compactAt = 1024 * 1024;

/** A log as the spool needs it: its size in bytes, and how to cut it. */
export interface Appended {
  readonly size: number;
  truncate(size: number): void;
}

export class Spool {
  readonly #path: string;
  #fd: number;
  #from = headSize;
  #end = headSize;
  #data: Buffer = Buffer.alloc(0);

  /** Opens or makes the file. An append that was cut short by a kill is completed or undone, in the log too. */
  constructor(path: string, log: Appended) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    const { size } = fstatSync(this.#fd);
    if (size < headSize) this.#mark({ from: headSize });
    else this.#restore(size, log);
  }

  /** The data that the log does not have. */
  get data(): Buffer {
    return this.#data;
  }

  /** Takes from a pipe. Answers what is new: nothing if the pipe has no writer any more, undefined if it is empty. */
  take(pipe: number): Buffer | undefined {
    const moved = spliceToFile(pipe, this.#fd, this.#end, chunkSize);
    if (moved === undefined) return undefined;
    const chunk = Buffer.allocUnsafe(moved);
    readSync(this.#fd, chunk, 0, moved, this.#end);
    this.#end += moved;
    this.#data = this.#data.length === 0 ? chunk : Buffer.concat([this.#data, chunk]);
    return chunk;
  }

  /** Lets `append` bring the first `length` bytes into the log, which grows from `before` to `after` bytes by it. */
  handOver(length: number, { before, after }: { before: number; after: number }, append: () => void): void {
    const to = this.#from + length;
    this.#mark({ from: this.#from, to, before, after });
    append();
    this.#data = this.#data.subarray(length);
    if (this.#data.length === 0) this.#clear();
    else if (to - headSize < compactAt) this.#from = to;
    else this.#compact();
    this.#mark({ from: this.#from });
  }

  /** Removes the file. */
  remove(): void {
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }

  #restore(size: number, log: Appended): void {
    const head = Buffer.alloc(headSize);
    readSync(this.#fd, head, 0, headSize, 0);
    const [from, to, before, after] = Array.from({ length: 4 }, (_, index) =>
      Number(head.readBigInt64LE(index * 8)),
    ) as [number, number, number, number];
    const appended = to > 0 && log.size >= after;
    if (to > 0 && !appended && log.size > before) log.truncate(before);
    this.#from = Math.min(appended ? to : from, size);
    this.#end = size;
    this.#data = Buffer.alloc(this.#end - this.#from);
    readSync(this.#fd, this.#data, 0, this.#data.length, this.#from);
    this.#mark({ from: this.#from });
  }

  #mark({ from, to = 0, before = 0, after = 0 }: { from: number; to?: number; before?: number; after?: number }): void {
    writeSync(this.#fd, new BigInt64Array([from, to, before, after].map(BigInt)), 0, headSize, 0);
  }

  /** All data is in the log. The mark may follow: what would begin past the end of the file is nothing. */
  #clear(): void {
    ftruncateSync(this.#fd, headSize);
    this.#from = headSize;
    this.#end = headSize;
  }

  /** Replaces the file by one with only what is left, in one step. */
  #compact(): void {
    const next = `${this.#path}.new`;
    const fd = openSync(next, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#from = headSize;
    this.#end = headSize + this.#data.length;
    this.#mark({ from: headSize });
    writeSync(fd, this.#data, 0, this.#data.length, headSize);
    renameSync(next, this.#path);
  }
}
