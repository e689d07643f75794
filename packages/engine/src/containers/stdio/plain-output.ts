/** Output that only those see who listen: of an exec, or of a container without a log. */
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Output } from './streams.ts';

export class PlainOutput {
  /** Resolves when the pipe has no writer any more, or is closed. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;

  constructor(path: string, output: Output) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: true, writable: false });
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      const wait = output.write(chunk);
      if (wait === undefined) return;
      socket.pause();
      void wait.then(() => socket.resume());
    });
    this.ended = new Promise((resolve) => {
      socket.once('end', resolve).once('close', () => resolve());
      // A pipe's read error means that there is nothing more to read.
      socket.once('error', () => resolve());
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
