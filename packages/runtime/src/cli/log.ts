/**
 * The log that runc's callers read: containerd's shim takes the last error line of the file as the cause. Each line has the
 * trace that the caller named in TRACEPARENT.
 */
import { closeFile, Open, openFile, writeAll } from '@drydock/linux/disk';
import { isContainerStream } from './container-stream.ts';
import { escapeHtml } from './go-json.ts';

export type Level = 'debug' | 'info' | 'warning' | 'error' | 'fatal';

export interface LogOptions {
  /** The file to append to; undefined is standard error. */
  readonly file: string | undefined;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
  readonly traceparent: string | undefined;
}

export class Log {
  readonly #options: LogOptions;

  /** Makes the file, also if nothing will be written to it: callers read it without asking whether it is there. */
  constructor(options: LogOptions) {
    this.#options = options;
    if (options.file !== undefined) closeFile(this.#open(options.file));
  }

  debug(message: string): void {
    if (this.#options.debug) this.#write('debug', message);
  }

  warning(message: string): void {
    this.#write('warning', message);
  }

  error(message: string): void {
    this.#write('error', message);
  }

  /** An error that ends the program: with a log file, standard error gets the plain message too, if it is ours. */
  final(message: string): void {
    this.#write('error', message);
    if (this.#options.file !== undefined && !isContainerStream(2))
      writeAll(2, Buffer.from(`${message}\n`), 'standard error');
  }

  #write(level: Level, message: string): void {
    const { file, format, traceparent } = this.#options;
    const fields = { level, msg: message, time: goTime(new Date()), ...(traceparent ? { traceparent } : {}) };
    const line = `${format === 'json' ? jsonLine(fields) : textLine(fields)}\n`;
    const descriptor = file === undefined ? 2 : this.#open(file);
    try {
      writeAll(descriptor, Buffer.from(line), file);
    } finally {
      if (file !== undefined) closeFile(descriptor);
    }
  }

  #open(file: string): number {
    return openFile(file, Open.write | Open.create | Open.append | Open.sync, 0o644);
  }
}

/** RFC 3339 in seconds, as logrus writes it; the runtime does not know the time zone of its caller, and says UTC. */
function goTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Go's encoder escapes what could end a script element in HTML. */
function jsonLine(fields: Readonly<Record<string, string>>): string {
  return escapeHtml(JSON.stringify(fields));
}

function textLine({ time, level, msg, ...rest }: { time: string; level: string; msg: string }): string {
  const extra = Object.entries(rest).map(([name, value]) => ` ${name}=${quoted(value as string)}`);
  return `time=${JSON.stringify(time)} level=${level} msg=${quoted(msg)}${extra.join('')}`;
}

/** logrus quotes what is more than a word. */
function quoted(text: string): string {
  return /^[A-Za-z0-9\-._/@^+]+$/.test(text) ? text : JSON.stringify(text);
}
