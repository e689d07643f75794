/** `GET /containers/{id}/logs`. */

import { formatNanos, parseMoment } from '../../clock.ts';
import { readLog } from '../../containers/log/read-log.ts';
import { frame } from '../../containers/stdio/framing.ts';
import { badParameter, conflict, notImplemented } from '../../errors.ts';
import { compareVersions } from '../../version.ts';
import type { Context, Endpoint } from '../context.ts';
import { flag, type Query, text } from '../query.ts';
import { startStream } from '../reply.ts';

export const logsEndpoint: Endpoint = { method: 'GET', path: '/containers/:name/logs', run: logs };

async function logs({ engine, name, query, version, reply }: Context): Promise<void> {
  const wanted = { stdout: flag(query, 'stdout'), stderr: flag(query, 'stderr') };
  if (!wanted.stdout && !wanted.stderr) throw badParameter('Bad parameters: you must choose at least one stream');
  const container = engine.containers.find(name);
  const { LogConfig } = container.record.hostConfig;
  if (LogConfig?.Type === 'none') throw notImplemented('configured logging driver does not support reading');
  if (container.removing || container.state.status === 'dead')
    throw conflict('can not get logs from container which is dead or marked for removal');
  const terminal = container.record.config.Tty;
  const timestamps = flag(query, 'timestamps');
  const kind = terminal ? 'raw' : 'multiplexed';
  const stream = startStream(
    reply,
    compareVersions(version, '1.42') < 0 ? undefined : `application/vnd.docker.${kind}-stream`,
  );
  const entries = readLog({
    path: container.paths.log,
    tail: tail(query),
    since: moment(query, 'since'),
    until: moment(query, 'until'),
    follow: flag(query, 'follow') ? container.log : undefined,
    signal: stream.signal,
  });
  for await (const { log, stream: from, time } of entries) {
    if (!wanted[from]) continue;
    const text = timestamps ? `${formatNanos(time, { fixed: true })} ${log}` : log;
    await stream.write(terminal ? text : frame(from, Buffer.from(text)));
  }
  stream.end();
}

/** A number of lines; anything else means all. */
function tail(query: Query): number | undefined {
  const value = text(query, 'tail') ?? '';
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

function moment(query: Query, key: string): bigint | undefined {
  const value = text(query, key);
  if (value === undefined || value === '' || value === '0') return undefined;
  const parsed = parseMoment(value);
  if (parsed === undefined) throw badParameter(`invalid value for ${JSON.stringify(key)}: ${value}`);
  return parsed;
}
