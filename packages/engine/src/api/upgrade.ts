/** Requests with `Upgrade: tcp`: their body is read first, then the connection is the operation's. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { withTrace } from '@drydock/telemetry/trace';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { apiVersion } from '../version.ts';
import { readBody } from './body.ts';
import { readUrl } from './edge.ts';
import type { Query } from './query.ts';
import { attachHijacked } from './routes/attach.ts';
import { startExecHijacked } from './routes/exec-start.ts';

const hijacking = /^\/(containers|exec)\/([^/]+)\/(attach|start)$/;

/** Whether a request asks for one of the endpoints that take the connection over; others' `Upgrade` is ignored. */
export function isHijack(request: IncomingMessage): boolean {
  return route(request) !== undefined;
}

/** Serves such a request. */
export async function handleUpgrade(
  engine: Engine,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const target = route(request);
  if (target === undefined) return void socket.destroy();
  request.socket.setNoDelay(true);
  // A client that leaves while its request is read has nothing to be told.
  const ignore = (): void => undefined;
  socket.on('error', ignore);
  try {
    const body = await readBody(request);
    const hijacked = { socket, head, upgrade: true, version: target.version };
    await withTrace(request.headers.traceparent as string | undefined, () =>
      target.kind === 'attach'
        ? attachHijacked(engine, hijacked, target.name, target.query)
        : startExecHijacked(engine, hijacked, target.name, body, request.headers['content-type']),
    );
  } catch (error) {
    engine.logger.error({ url: request.url, error: messageOf(error) }, 'hijacked request failed');
    socket.destroy();
  }
}

interface Target {
  readonly kind: 'attach' | 'exec';
  readonly name: string;
  readonly query: Query;
  readonly version: string;
}

function route({ url = '/', method }: IncomingMessage): Target | undefined {
  const edge = readUrl(url);
  if (method !== 'POST' || edge.kind !== 'route') return undefined;
  const { pathname, searchParams } = new URL(edge.url, 'http://engine');
  const match = hijacking.exec(pathname);
  const kind = match?.[1] === 'containers' ? 'attach' : 'exec';
  if (match === null || match[3] !== (kind === 'attach' ? 'attach' : 'start')) return undefined;
  return {
    kind,
    name: decodeURIComponent(match[2]!),
    query: Object.fromEntries(searchParams),
    version: edge.version ?? apiVersion,
  };
}
