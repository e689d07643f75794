/** `POST /containers/{id}/attach`. */

import { STATUS_CODES } from 'node:http';
import type { Container } from '../../containers/container.ts';
import { containerEvent } from '../../containers/container-event.ts';
import { readLog } from '../../containers/log/read-log.ts';
import { attachStreams } from '../../containers/stdio/attach-streams.ts';
import { parseDetachKeys } from '../../containers/stdio/detach-keys.ts';
import { frame } from '../../containers/stdio/framing.ts';
import type { Engine } from '../../engine.ts';
import { conflict, messageOf } from '../../errors.ts';
import type { Endpoint } from '../context.ts';
import { statusOf } from '../error-reply.ts';
import { type Hijacked, streamHeader, takeSocket } from '../hijack.ts';
import { flag, type Query, text } from '../query.ts';

/** Without `Upgrade`, the connection is taken over all the same. */
export const attachEndpoint: Endpoint = {
  method: 'POST',
  path: '/containers/:name/attach',
  run: async ({ engine, name, query, version, body, reply }) => {
    body.resume();
    reply.hijack();
    await attachHijacked(engine, { ...takeSocket(body), upgrade: false, version }, name, query);
  },
};

/** Attaches a connection to a container. An error is told in the stream's place, as plain text. */
export async function attachHijacked(engine: Engine, hijacked: Hijacked, name: string, query: Query): Promise<void> {
  let container: Container;
  let detachKeys: Buffer;
  try {
    container = engine.containers.find(name);
    detachKeys = parseDetachKeys(text(query, 'detachKeys') ?? '');
    if (container.isPaused) throw conflict(`container ${name} is paused, unpause the container before attach`);
    if (container.state.status === 'restarting')
      throw conflict(`container ${container.id} is restarting, wait until the container is running`);
  } catch (error) {
    return refuse(hijacked, error);
  }
  const { Tty: terminal, OpenStdin, StdinOnce: stdinOnce } = container.record.config;
  hijacked.socket.write(streamHeader(hijacked, { framed: !terminal }));
  const [stdout, stderr] = [flag(query, 'stdout'), flag(query, 'stderr')];
  if (flag(query, 'logs')) await replay(container, hijacked, { stdout, stderr, terminal });
  if (!flag(query, 'stream')) return void hijacked.socket.end();
  containerEvent(engine, container, 'attach');
  const stdin = flag(query, 'stdin') && OpenStdin;
  const end = await attachStreams(hijacked.socket, hijacked.head, container.streams, {
    stdin,
    stdout,
    stderr: stderr && !terminal,
    terminal,
    stdinOnce,
    detachKeys,
  });
  if (end === 'detached') containerEvent(engine, container, 'detach');
}

/** What was logged so far, in the stream's own form. */
async function replay(
  container: Container,
  { socket }: Hijacked,
  wanted: { stdout: boolean; stderr: boolean; terminal: boolean },
): Promise<void> {
  const { signal } = new AbortController();
  for await (const { log, stream } of readLog({
    path: container.paths.log,
    tail: undefined,
    since: undefined,
    until: undefined,
    follow: undefined,
    signal,
  }))
    if (wanted[stream]) socket.write(wanted.terminal ? log : frame(stream, Buffer.from(log)));
}

/** An HTTP error on a connection that was taken over: without the usual headers, as dockerd sends it. */
export function refuse({ socket }: Hijacked, error: unknown): void {
  const status = statusOf(error);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n${messageOf(error)}\r\n`,
  );
}
