/**
 * The json-file log: one JSON object a line of output, in Docker's format. Lines are written when they are complete, or in
 * pieces of 16 KiB; until then they are in the stream's spool.
 */
import { EventEmitter } from 'node:events';
import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import { timestamp } from '../../clock.ts';
import { hasCode } from '../../errors.ts';
import { Spool } from './spool.ts';

export type StreamName = 'stdout' | 'stderr';

/** The longest piece of a line. */
const pieceSize = 16 * 1024;
const newline = 0x0a;

export interface JsonFileLogOptions {
  readonly path: string;
  /** The directory of the spools. */
  readonly spools: string;
  /** Bytes after which a new file is begun; 0 for never. */
  readonly maxSize: number;
  /** How many files are kept, the current one included. */
  readonly maxFiles: number;
  /** Lines could not be written and are lost: the disk is full, say. */
  readonly failed: (error: unknown) => void;
}

interface LogEvents {
  /** Lines were appended. */
  append: [];
  /** The current file became `.1`. */
  rotate: [];
  /** The run has ended. */
  end: [];
}

export class JsonFileLog {
  readonly path: string;
  readonly events = new EventEmitter<LogEvents>();
  readonly #options: JsonFileLogOptions;
  #fd: number;
  #size: number;
  readonly #spools: Readonly<Record<StreamName, Spool>>;

  constructor(options: JsonFileLogOptions) {
    this.path = options.path;
    this.#options = options;
    this.#fd = openSync(this.path, 'a', 0o640);
    const before = { size: fstatSync(this.#fd).size, truncate: (size: number) => ftruncateSync(this.#fd, size) };
    const spool = (name: StreamName): Spool => new Spool(`${options.spools}/${name}.spool`, before);
    this.#spools = { stdout: spool('stdout'), stderr: spool('stderr') };
    this.#size = fstatSync(this.#fd).size;
    this.events.setMaxListeners(0);
  }

  /**
   * Takes output of one stream from its pipe and writes the lines that are complete. Answers what was taken: nothing if the
   * pipe has no writer any more, undefined if it is empty, `held back` if it could not be taken and is still in the pipe.
   */
  take(stream: StreamName, pipe: number): Buffer | undefined | 'held back' {
    try {
      const chunk = this.#spools[stream].take(pipe);
      if (chunk !== undefined && chunk.length > 0) this.#write(stream, 'complete lines');
      return chunk;
    } catch (error) {
      this.#options.failed(error);
      return 'held back';
    }
  }

  /** Writes what has no end of line, and tells the followers that nothing more comes. */
  finish(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#write(stream, 'all');
      this.#spools[stream].remove();
    }
    closeSync(this.#fd);
    this.events.emit('end');
  }

  #write(stream: StreamName, what: 'complete lines' | 'all'): void {
    const spool = this.#spools[stream];
    const { lines, length } = linesOf(spool.data, stream, what);
    if (length === 0) return;
    const { maxSize } = this.#options;
    if (maxSize > 0 && this.#size > 0 && this.#size + lines.length > maxSize) this.#rotate();
    const before = this.#size;
    spool.handOver(length, { before, after: before + lines.length }, () => this.#append(lines));
    this.events.emit('append');
  }

  /** All or nothing. */
  #append(lines: Buffer): void {
    try {
      for (let written = 0; written < lines.length; ) written += writeSync(this.#fd, lines, written);
      this.#size += lines.length;
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      this.#options.failed(error);
    }
  }

  #rotate(): void {
    closeSync(this.#fd);
    for (let number = this.#options.maxFiles - 1; number > 0; number--) {
      try {
        renameSync(number === 1 ? this.path : `${this.path}.${number - 1}`, `${this.path}.${number}`);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
    this.#fd = openSync(this.path, this.#options.maxFiles > 1 ? 'a' : 'w', 0o640);
    this.#size = 0;
    this.events.emit('rotate');
  }
}

/** Entries for the lines that data holds, and how much of it they cover. */
function linesOf(data: Buffer, stream: StreamName, what: 'complete lines' | 'all'): { lines: Buffer; length: number } {
  const time = timestamp();
  const entries: string[] = [];
  let start = 0;
  while (start < data.length) {
    const end = data.indexOf(newline, start) + 1 || (what === 'all' ? data.length : Number.POSITIVE_INFINITY);
    const next = Math.min(end, start + pieceSize);
    if (next > data.length) break;
    entries.push(line(data.subarray(start, next), stream, time));
    start = next;
  }
  return { lines: Buffer.from(entries.join('')), length: start };
}

function line(data: Buffer, stream: StreamName, time: string): string {
  return `${JSON.stringify({ log: data.toString('utf8'), stream, time }).replace(/[<>&\u2028\u2029]/g, unicodeEscape)}\n`;
}

/** Go's encoder escapes these. */
function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
