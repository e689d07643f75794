/**
 * The json-file log: one JSON object a line of output, in Docker's format. Lines are written when they are complete, or in
 * pieces of 16 KiB. What has no end yet is kept in a file of its own, so that a killed engine loses nothing.
 */

import { EventEmitter } from 'node:events';
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { timestamp } from '../../clock.ts';
import { hasCode } from '../../errors.ts';

export type StreamName = 'stdout' | 'stderr';

/** The longest piece of a line. */
const pieceSize = 16 * 1024;
const newline = 0x0a;

export interface RotationOptions {
  /** Bytes after which a new file is begun; 0 for never. */
  readonly maxSize: number;
  /** How many files are kept, the current one included. */
  readonly maxFiles: number;
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
  readonly #rotation: RotationOptions;
  #fd: number;
  #size: number;
  readonly #rest: Record<StreamName, Rest>;

  constructor(path: string, rotation: RotationOptions) {
    this.path = path;
    this.#rotation = rotation;
    this.#fd = openSync(path, 'a', 0o640);
    this.#size = fstatSync(this.#fd).size;
    this.#rest = { stdout: new Rest(`${path}.stdout`), stderr: new Rest(`${path}.stderr`) };
    this.events.setMaxListeners(0);
  }

  /** Takes output of one stream. */
  write(stream: StreamName, chunk: Buffer): void {
    const rest = this.#rest[stream];
    let data = rest.take(chunk);
    const time = timestamp();
    const lines: string[] = [];
    for (;;) {
      const end = data.indexOf(newline);
      const length = end === -1 || end >= pieceSize ? (data.length >= pieceSize ? pieceSize : 0) : end + 1;
      if (length === 0) break;
      lines.push(line(data.subarray(0, length), stream, time));
      data = data.subarray(length);
    }
    if (lines.length > 0) this.#append(lines.join(''));
    rest.keep(data);
  }

  /** Writes what has no end of line, and tells the followers that nothing more comes. */
  finish(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const data = this.#rest[stream].take(Buffer.alloc(0));
      if (data.length > 0) this.#append(line(data, stream, timestamp()));
      this.#rest[stream].close();
    }
    closeSync(this.#fd);
    this.events.emit('end');
  }

  #append(text: string): void {
    const { maxSize } = this.#rotation;
    if (maxSize > 0 && this.#size > 0 && this.#size + Buffer.byteLength(text) > maxSize) this.#rotate();
    this.#size += writeSync(this.#fd, text);
    this.events.emit('append');
  }

  #rotate(): void {
    closeSync(this.#fd);
    for (let number = this.#rotation.maxFiles - 1; number > 0; number--) {
      try {
        renameSync(number === 1 ? this.path : `${this.path}.${number - 1}`, `${this.path}.${number}`);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
    this.#fd = openSync(this.path, this.#rotation.maxFiles > 1 ? 'a' : 'w', 0o640);
    this.#size = 0;
    this.events.emit('rotate');
  }
}

/** Output without an end of line yet, mirrored in a file that exists only while there is some. */
class Rest {
  readonly #path: string;
  #data: Buffer;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#data = readIfPresent(path);
    if (this.#data.length > 0) this.#fd = openSync(path, 'r+');
  }

  /** What was kept, followed by a chunk. */
  take(chunk: Buffer): Buffer {
    return this.#data.length === 0 ? chunk : Buffer.concat([this.#data, chunk]);
  }

  keep(data: Buffer): void {
    if (data.length > 0) {
      this.#fd ??= openSync(this.#path, 'w+', 0o640);
      writeSync(this.#fd, data, 0, data.length, 0);
    }
    if (this.#fd !== undefined && data.length < this.#data.length) ftruncateSync(this.#fd, data.length);
    this.#data = Buffer.from(data);
  }

  close(): void {
    this.keep(Buffer.alloc(0));
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function readIfPresent(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return Buffer.alloc(0);
    throw error;
  }
}

function line(data: Buffer, stream: StreamName, time: string): string {
  return `${JSON.stringify({ log: data.toString('utf8'), stream, time }).replace(/[<>&\u2028\u2029]/g, unicodeEscape)}\n`;
}

/** Go's encoder escapes these. */
function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
