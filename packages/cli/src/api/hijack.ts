/**
 * A connection taken over for raw streams: attach and exec.
 *
 *   client                                              engine
 *     │  POST …/attach  Connection: Upgrade, Upgrade: tcp
 *     ├──────────────────────────────────────────────────▶│
 *     │◀──────────────────────────── 101 UPGRADED ────────┤
 *     │◀══════════════ bytes, both ways ═════════════════▶│  a half-close ends one direction only
 */
import { connect, type Socket } from 'node:net';
import { currentTrace } from '@drydock/telemetry/trace';
import { type Engine, queryText, type RequestOptions } from './client.ts';
import { EngineError } from './error.ts';

/** A hijacked connection, paused: nothing is lost before it is read. */
export interface Hijacked {
  readonly socket: Socket;
  /** Whether output comes in frames that say which stream it is of. */
  readonly multiplexed: boolean;
}

/** Opens one. Rejects with EngineError if the engine refuses. */
export async function hijack(
  engine: Engine,
  path: string,
  { query, body }: Pick<RequestOptions, 'query' | 'body'>,
): Promise<Hijacked> {
  const { host } = engine;
  const target = `/v${await engine.version()}${path}${queryText(query)}`;
  const content = body === undefined ? '' : JSON.stringify(body);
  const trace = currentTrace();
  const head = [
    `POST ${target} HTTP/1.1`,
    'Host: api.moby.localhost',
    'Connection: Upgrade',
    'Upgrade: tcp',
    `Content-Type: ${body === undefined ? 'text/plain' : 'application/json'}`,
    `Content-Length: ${Buffer.byteLength(content)}`,
    ...(trace === undefined ? [] : [`traceparent: ${trace}`]),
  ];
  const socket = connect(
    host.kind === 'unix'
      ? { path: host.path, allowHalfOpen: true }
      : { ...host, host: host.hostname, allowHalfOpen: true },
  );
  socket.write(`${head.join('\r\n')}\r\n\r\n${content}`);
  const { status, headers } = await readHead(socket, host.text);
  if (status === 101 || status === 200) {
    const type = headers['content-type'] ?? '';
    return { socket, multiplexed: type.includes('multiplexed') };
  }
  const text: Buffer[] = [];
  for await (const chunk of socket) {
    text.push(chunk);
    if (Buffer.concat(text).length >= Number(headers['content-length'] ?? Number.POSITIVE_INFINITY)) break;
  }
  throw EngineError.fromBody(status, Buffer.concat(text).toString());
}

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads up to the empty line, and puts back what came behind it. */
function readHead(socket: Socket, address: string): Promise<Head> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const fail = (error: Error): void => reject(EngineError.unreachable(address, error));
    const ended = (): void => fail(new Error('connection closed'));
    const read = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', read).off('error', fail).off('end', ended).pause();
      const rest = received.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
      const pairs = lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]);
      resolve({ status: Number(first.split(' ')[1]), headers: Object.fromEntries(pairs) });
    };
    socket.on('data', read).once('error', fail).once('end', ended);
  });
}
