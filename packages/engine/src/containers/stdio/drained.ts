/** Waits until a stream takes more, with one set of listeners however many wait. */
import type { Writable } from 'node:stream';

const waiting = new WeakMap<Writable, Promise<void>>();

/** Resolves when the stream has drained, or is closed. */
export function drained(stream: Writable): Promise<void> {
  const known = waiting.get(stream);
  if (known !== undefined) return known;
  const promise = new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      waiting.delete(stream);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
  waiting.set(stream, promise);
  return promise;
}
