/** The streams that clients have opened, by namespace and name, for the calls that refer to them. */
import { alreadyExists, notFound } from '@drydock/rpc/errors';
import type { AnyStream } from '@drydock/transfer/stream/stream';

export class Streams {
  readonly #streams = new Map<string, AnyStream>();

  /** Keeps a stream until {@link Streams.remove}. Throws `already exists`. */
  add(namespace: string, name: string, stream: AnyStream): void {
    const key = keyOf(namespace, name);
    if (this.#streams.has(key)) throw alreadyExists('already exists');
    this.#streams.set(key, stream);
  }

  /** Throws `not found`. */
  get(namespace: string, name: string): AnyStream {
    const stream = this.#streams.get(keyOf(namespace, name));
    if (stream === undefined) throw notFound(`stream ${name}: not found`);
    return stream;
  }

  remove(namespace: string, name: string): void {
    this.#streams.delete(keyOf(namespace, name));
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}\n${name}`;
}
