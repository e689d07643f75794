/** Messages of gRPC in a stream of bytes: a zero (not compressed), the length in four bytes, the message. */
import type { Readable } from 'node:stream';
import { notImplemented, RpcError } from '../errors.ts';

const prefixSize = 5;
/** Bytes in one message: containerd's limit. */
export const maxMessageSize = 16 * 1024 * 1024;

/**
 * A message, given in pieces, with its prefix: the first piece is copied behind that, the others stay what they are. Throws
 * `resource exhausted` for one that containerd would not send.
 */
export function frameMessage([first = noBytes, ...others]: readonly Uint8Array[]): Uint8Array[] {
  const size = others.reduce((sum, { length }) => sum + length, first.length);
  if (size > maxMessageSize)
    throw new RpcError(
      'resource exhausted',
      `grpc: trying to send message larger than max (${size} vs. ${maxMessageSize})`,
    );
  const frame = Buffer.allocUnsafe(prefixSize + first.length);
  frame[0] = 0;
  frame.writeUInt32BE(size, 1);
  frame.set(first, prefixSize);
  return [frame, ...others];
}

const noBytes = new Uint8Array(0);

/** Cuts bytes into messages. */
export class MessageCutter {
  #chunks: Buffer[] = [];
  #size = 0;

  /** Takes the next bytes; answers the messages that they complete. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const found: Buffer[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#size < prefixSize + length) return found;
      const bytes = this.#join();
      found.push(bytes.subarray(prefixSize, prefixSize + length));
      const rest = bytes.subarray(prefixSize + length);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#size = rest.length;
    }
  }

  #nextLength(): number | undefined {
    if (this.#size < prefixSize) return undefined;
    if (this.#chunks[0]!.length < prefixSize) this.#chunks = [this.#join()];
    const prefix = this.#chunks[0]!;
    if (prefix[0] !== 0) throw notImplemented('grpc: Decompressor is not installed for grpc-encoding');
    const length = prefix.readUInt32BE(1);
    if (length > maxMessageSize)
      throw new RpcError('unknown', `grpc: received message larger than max (${length} vs. ${maxMessageSize})`);
    return length;
  }

  #join(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
  }
}

/** The messages of a stream, as fast as they are taken. */
export async function* readMessages<T>(stream: Readable, decode: (bytes: Uint8Array) => T): AsyncGenerator<T> {
  const cutter = new MessageCutter();
  for await (const chunk of stream.iterator({ destroyOnReturn: false }))
    for (const message of cutter.push(chunk as Buffer)) yield decode(message);
}

/** Calls back with the one message of a stream as soon as it is there. */
export function readMessage(stream: Readable, done: (message: Buffer) => void, failed: (error: Error) => void): void {
  const cutter = new MessageCutter();
  let isDone = false;
  stream.on('data', (chunk: Buffer) => {
    if (isDone) return;
    try {
      const [message] = cutter.push(chunk);
      if (message === undefined) return;
      isDone = true;
      done(message);
    } catch (error) {
      isDone = true;
      failed(error as Error);
    }
  });
  stream.on('end', () => {
    if (!isDone) failed(new RpcError('internal', 'grpc: request ended without a message'));
  });
}
