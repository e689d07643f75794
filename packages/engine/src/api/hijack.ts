/** Takes a connection over from HTTP: attach and exec speak raw bytes on it after the request. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { compareVersions } from '../version.ts';
import { takeInput } from './early-input.ts';

/** A connection that was taken over. */
export interface Hijacked {
  readonly socket: Duplex;
  /** What the client has sent after the request already. */
  readonly head: Buffer;
  /** The client asked for an upgrade. */
  readonly upgrade: boolean;
  /** The API's version that the client speaks. */
  readonly version: string;
}

/** The first line and headers of the answer, after which the bytes are the stream's. */
export function streamHeader(
  { upgrade, version }: Hijacked,
  options: { readonly framed: boolean; readonly headers?: Readonly<Record<string, string>> },
): string {
  const multiplexed = options.framed && compareVersions(version, '1.42') >= 0;
  const type = `application/vnd.docker.${multiplexed ? 'multiplexed' : 'raw'}-stream`;
  const lines = [
    upgrade ? 'HTTP/1.1 101 UPGRADED' : 'HTTP/1.1 200 OK',
    `Content-Type: ${type}`,
    ...(upgrade ? ['Connection: Upgrade', 'Upgrade: tcp'] : []),
    ...Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * Takes the socket of a plain request (no `Upgrade`) away from the HTTP server, after its body was read: what follows is
 * not another request. The server's listeners would answer it with 400.
 */
export function takeSocket(request: IncomingMessage): Pick<Hijacked, 'socket' | 'head'> {
  const { socket } = request;
  // Adding a listener makes Node's parser give the raw handle back; then the parser's own listeners go.
  for (const event of ['data', 'end', 'close', 'error', 'timeout', 'drain']) socket.removeAllListeners(event);
  socket.setTimeout(0);
  socket.setNoDelay(true);
  return { socket, head: takeInput(socket) };
}
