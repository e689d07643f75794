/** Output that goes to a log: it is there before anybody else sees it. */
import { closeSync, constants, openSync } from 'node:fs';
import type { Readiness } from '@drydock/linux/readiness';
import type { JsonFileLog, StreamName } from '../log/json-file.ts';
import type { Output } from './streams.ts';

/** How many chunks are taken from one pipe before the others have their turn. */
const chunksAtOnce = 16;
/** Milliseconds before a pipe is tried again whose content could not be taken. The process is held back meanwhile. */
const pauseAfterFailure = 1000;

export interface LoggedOutputOptions {
  readonly log: JsonFileLog;
  readonly readiness: Readiness;
}

export class LoggedOutput {
  /** Resolves when the pipe has no writer any more, or is closed. */
  readonly ended: Promise<void>;
  readonly #readiness: Readiness;
  readonly #pipe: number;
  readonly #log: JsonFileLog;
  readonly #name: StreamName;
  readonly #output: Output;
  readonly #end: () => void;
  #open = true;

  constructor(path: string, name: StreamName, output: Output, { log, readiness }: LoggedOutputOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.#readiness = readiness;
    this.#pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#log = log;
    this.#name = name;
    this.#output = output;
    this.#wait();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#readiness.forget(this.#pipe);
    closeSync(this.#pipe);
    this.#end();
  }

  #wait(): void {
    if (this.#open) this.#readiness.once(this.#pipe, () => this.#move());
  }

  #move(): void {
    for (let count = 0; count < chunksAtOnce; count++) {
      const chunk = this.#log.take(this.#name, this.#pipe);
      if (chunk === 'held back') {
        setTimeout(() => this.#wait(), pauseAfterFailure);
        return;
      }
      if (chunk === undefined) break;
      if (chunk.length === 0) {
        this.close();
        return;
      }
      const listeners = this.#output.write(chunk);
      if (listeners !== undefined) {
        void listeners.then(() => this.#wait());
        return;
      }
    }
    this.#wait();
  }
}
