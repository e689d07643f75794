/**
 * Input that a client sends behind a request without `Upgrade` on a connection that is about to be taken over. Node's
 * parser takes it for another request and calls it an error; here it is kept for the stream.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const waiting = new WeakMap<Duplex, { readonly bodyLength: number; input: Buffer; isFirst: boolean }>();

/** Notes that a request's connection is about to be taken over. */
export function expectInput({ socket, headers }: IncomingMessage): void {
  waiting.set(socket, { bodyLength: Number(headers['content-length'] ?? 0), input: Buffer.alloc(0), isFirst: true });
}

/** Takes what the parser could not read; answers whether it was input of such a connection. */
export function keepInput(socket: Duplex, packet: Buffer | undefined): boolean {
  const entry = waiting.get(socket);
  if (entry === undefined || packet === undefined) return false;
  // The first packet may still hold the request itself.
  const headEnd = entry.isFirst ? packet.indexOf('\r\n\r\n') : -1;
  const start = headEnd === -1 ? 0 : headEnd + 4 + entry.bodyLength;
  entry.isFirst = false;
  entry.input = Buffer.concat([entry.input, packet.subarray(start)]);
  return true;
}

/** The input that came so far; from now on the connection is read directly. */
export function takeInput(socket: Duplex): Buffer {
  const { input = Buffer.alloc(0) } = waiting.get(socket) ?? {};
  waiting.delete(socket);
  return input;
}
