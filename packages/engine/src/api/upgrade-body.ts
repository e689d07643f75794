/** Reads the body of a request whose connection Node handed over: by its length, or chunked (RFC 9112, 6 and 7). */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { badParameter } from '../errors.ts';

const limit = 1024 * 1024;

/** Answers the body, and what the client has sent after it. */
export async function takeBody(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<{ body: Buffer; rest: Buffer }> {
  const source = new Source(socket, head);
  try {
    if (/\bchunked\b/i.test(request.headers['transfer-encoding'] ?? ''))
      return { body: await readChunks(source), rest: source.rest() };
    const length = Number(request.headers['content-length'] ?? 0);
    if (!Number.isInteger(length) || length < 0 || length > limit) throw badParameter('invalid Content-Length');
    return { body: await source.take(length), rest: source.rest() };
  } finally {
    source.stop();
  }
}

async function readChunks(source: Source): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    const size = Number.parseInt(await source.line(), 16);
    if (!Number.isInteger(size) || size < 0 || size > limit) throw badParameter('malformed chunked body');
    if (size === 0) break;
    parts.push(await source.take(size));
    await source.line();
  }
  // Trailers, up to an empty line.
  while ((await source.line()) !== '');
  return Buffer.concat(parts);
}

/** Bytes of a socket, taken as they come. */
class Source {
  #buffer: Buffer;
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #data = (chunk: Buffer): void => {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    this.#wake?.();
  };
  readonly #end = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  constructor(socket: Socket, head: Buffer) {
    this.#socket = socket;
    this.#buffer = head;
  }

  async take(length: number): Promise<Buffer> {
    while (this.#buffer.length < length) await this.#more();
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end !== -1) return (await this.take(end + 2)).toString('latin1').trim();
      if (this.#buffer.length > 4096) throw badParameter('malformed chunked body');
      await this.#more();
    }
  }

  rest(): Buffer {
    return this.#buffer;
  }

  stop(): void {
    this.#socket.off('data', this.#data).off('end', this.#end).off('close', this.#end);
    this.#socket.pause();
  }

  async #more(): Promise<void> {
    if (this.#ended) throw badParameter('unexpected EOF');
    if (this.#socket.listenerCount('data') === 0)
      this.#socket.on('data', this.#data).on('end', this.#end).on('close', this.#end);
    this.#socket.resume();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
