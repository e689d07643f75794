/** `docker logs`: reads a json-file log, its rotated parts first, and follows it while the container runs. */
import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { parseTimestamp } from '../../clock.ts';
import type { JsonFileLog, StreamName } from './json-file.ts';

/** One entry: a line, or a piece of a long one. */
export interface LogEntry {
  readonly log: string;
  readonly stream: StreamName;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

export interface ReadLogOptions {
  readonly path: string;
  /** How many entries from the end; undefined for all. */
  readonly tail: number | undefined;
  readonly since: bigint | undefined;
  readonly until: bigint | undefined;
  /** The log of the present run, to follow it; undefined to stop at the end. */
  readonly follow: JsonFileLog | undefined;
  readonly signal: AbortSignal;
}

const blockSize = 64 * 1024;

/** The entries that were asked for, in order. */
export async function* readLog(options: ReadLogOptions): AsyncGenerator<LogEntry> {
  const { since, until, signal } = options;
  for await (const entry of options.tail === undefined ? entries(options) : tailed(options, options.tail)) {
    if (signal.aborted) return;
    if (since !== undefined && entry.time < since) continue;
    if (until !== undefined && entry.time > until) return;
    yield entry;
  }
}

/** All entries, then those that are appended. */
async function* entries({ path, follow, signal }: ReadLogOptions): AsyncGenerator<LogEntry> {
  for (const rotated of rotatedParts(path)) yield* fileEntries(rotated);
  yield* followFile(path, 0, follow, signal);
}

/** The last entries, then those that are appended. */
async function* tailed({ path, follow, signal }: ReadLogOptions, count: number): AsyncGenerator<LogEntry> {
  const parts = [...rotatedParts(path), path];
  let missing = count;
  let start = parts.length - 1;
  let offset = 0;
  for (; start >= 0; start--) {
    const found = await offsetOfLast(parts[start]!, missing);
    offset = found.offset;
    missing -= found.lines;
    if (missing <= 0 || start === 0) break;
  }
  for (const part of parts.slice(Math.max(start, 0), -1)) {
    yield* fileEntries(part, offset);
    offset = 0;
  }
  yield* followFile(path, offset, follow, signal);
}

function rotatedParts(path: string): string[] {
  const parts: string[] = [];
  for (let number = 1; existsSync(`${path}.${number}`); number++) parts.unshift(`${path}.${number}`);
  return parts;
}

async function* fileEntries(path: string, offset = 0): AsyncGenerator<LogEntry> {
  await using file = await open(path);
  yield* readLines(file, new Cursor(offset));
}

/** Reads to the end, then on whenever something was appended; a rotation is followed into the new file. */
async function* followFile(
  path: string,
  offset: number,
  log: JsonFileLog | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const changes = log === undefined ? undefined : new Changes(log, signal);
  let file: FileHandle | undefined;
  try {
    if (!existsSync(path)) return;
    file = await open(path);
    let cursor = new Cursor(offset);
    for (;;) {
      const { ended, rotated } = changes?.take() ?? { ended: true, rotated: false };
      yield* readLines(file, cursor);
      if (rotated) {
        await file.close();
        file = await open(path);
        cursor = new Cursor(0);
        yield* readLines(file, cursor);
      }
      if (ended || signal.aborted) return;
      await changes!.next();
    }
  } finally {
    changes?.close();
    await file?.close();
  }
}

/** A place in a file, with the beginning of a line that is not complete yet. */
class Cursor {
  offset: number;
  rest = '';

  constructor(offset: number) {
    this.offset = offset;
  }
}

async function* readLines(file: FileHandle, cursor: Cursor): AsyncGenerator<LogEntry> {
  const buffer = Buffer.alloc(blockSize);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, cursor.offset);
    if (bytesRead === 0) return;
    // Lines end at a newline byte, which is no part of another character.
    const end = buffer.lastIndexOf(0x0a, bytesRead - 1);
    if (end === -1 && cursor.rest === '' && bytesRead === buffer.length) {
      cursor.rest = buffer.toString('latin1', 0, bytesRead);
      cursor.offset += bytesRead;
      continue;
    }
    const taken = end === -1 ? bytesRead : end + 1;
    const text = Buffer.concat([Buffer.from(cursor.rest, 'latin1'), buffer.subarray(0, taken)]);
    cursor.offset += taken;
    if (end === -1) {
      cursor.rest = text.toString('latin1');
      continue;
    }
    cursor.rest = '';
    for (const line of text.toString('utf8').split('\n')) {
      const entry = parseEntry(line);
      if (entry !== undefined) yield entry;
    }
  }
}

function parseEntry(line: string): LogEntry | undefined {
  if (line === '') return undefined;
  try {
    const { log, stream, time } = JSON.parse(line) as { log: string; stream: StreamName; time: string };
    return { log, stream, time: parseTimestamp(time) ?? 0n };
  } catch {
    // The last line of a machine that lost power may be torn; what is readable is shown.
    return undefined;
  }
}

/** Where the last `count` lines of a file begin, and how many there are. */
async function offsetOfLast(path: string, count: number): Promise<{ offset: number; lines: number }> {
  if (!existsSync(path)) return { offset: 0, lines: 0 };
  await using file = await open(path);
  const { size } = await file.stat();
  if (count <= 0) return { offset: size, lines: 0 };
  const buffer = Buffer.alloc(blockSize);
  let lines = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockSize);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index--) {
      if (buffer[index] !== 0x0a || start + index === size - 1) continue;
      lines++;
      if (lines === count) return { offset: start + index + 1, lines };
    }
    end = start;
  }
  return { offset: 0, lines: size > 0 ? lines + 1 : 0 };
}

/** What happened to a log since it was last looked at. */
class Changes {
  #ended = false;
  #rotated = false;
  #changed = false;
  #wake: (() => void) | undefined;
  readonly #log: JsonFileLog;
  readonly #signal: AbortSignal;
  readonly #listeners = {
    append: () => this.#notice(),
    rotate: () => {
      this.#rotated = true;
      this.#notice();
    },
    end: () => {
      this.#ended = true;
      this.#notice();
    },
  };
  readonly #abort = (): void => this.#notice();

  constructor(log: JsonFileLog, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
    for (const [event, listener] of Object.entries(this.#listeners)) log.events.on(event as 'append', listener);
    signal.addEventListener('abort', this.#abort);
  }

  take(): { ended: boolean; rotated: boolean } {
    const seen = { ended: this.#ended, rotated: this.#rotated };
    this.#rotated = false;
    this.#changed = false;
    return seen;
  }

  /** Resolves when something has happened since `take`. */
  next(): Promise<void> {
    if (this.#changed || this.#signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    for (const [event, listener] of Object.entries(this.#listeners)) this.#log.events.off(event as 'append', listener);
    this.#signal.removeEventListener('abort', this.#abort);
  }

  #notice(): void {
    this.#changed = true;
    this.#wake?.();
    this.#wake = undefined;
  }
}
