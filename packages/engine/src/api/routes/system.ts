/** `/_ping`, `/version`, `/info`, `/events`, `/debug/jobs`, `/auth`, `/system/df`. */
import { parseMoment } from '../../clock.ts';
import { badParameter } from '../../errors.ts';
import { eventJson } from '../../events/event.ts';
import { eventFilterKeys, eventPasses } from '../../events/filter.ts';
import { Credentials } from '../../images/registry/credentials.ts';
import { diskUsage } from '../../system/disk-usage.ts';
import { systemInfo } from '../../system/info.ts';
import { login } from '../../system/login.ts';
import { systemVersion } from '../../system/version.ts';
import type { Context, Endpoint } from '../context.ts';
import { filters, type Query, text } from '../query.ts';
import { sendJson, startStream } from '../reply.ts';

const pingHeaders = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  pragma: 'no-cache',
  'content-type': 'text/plain; charset=utf-8',
};

export const systemEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/_ping', run: ({ reply }) => reply.headers(pingHeaders).send('OK') },
  {
    method: 'HEAD',
    path: '/_ping',
    run: ({ reply }) => reply.headers({ ...pingHeaders, 'content-length': '0' }).send(),
  },
  { method: 'GET', path: '/version', run: async ({ engine, reply }) => sendJson(reply, await systemVersion(engine)) },
  { method: 'GET', path: '/info', run: async ({ engine, reply }) => sendJson(reply, await systemInfo(engine)) },
  { method: 'GET', path: '/events', run: streamEvents },
  { method: 'GET', path: '/debug/jobs', run: ({ engine, reply }) => sendJson(reply, engine.jobs.list()) },
  { method: 'GET', path: '/system/df', run: async ({ engine, reply }) => sendJson(reply, await diskUsage(engine)) },
  {
    method: 'POST',
    path: '/auth',
    job: 'auth',
    run: async ({ engine, reply, json, signal }) =>
      sendJson(reply, await login(engine, await json(Credentials, 'server'), signal)),
  },
];

/** Past events from `since`, then new ones until `until` or until the client leaves. */
function streamEvents({ engine, query, reply, signal }: Context): void {
  const [since, until] = [moment(query, 'since'), moment(query, 'until')];
  const wanted = filters(query, eventFilterKeys);
  const stream = startStream(reply, 'application/json');
  const send = (event: Parameters<typeof eventJson>[0]): void => {
    if (eventPasses(wanted, event)) void stream.write(`${eventJson(event)}\n`);
  };
  if (since !== undefined)
    for (const event of engine.events.since(since)) if (until === undefined || event.timeNano <= until) send(event);
  const left = until === undefined ? undefined : Number(until / 1_000_000n) - Date.now();
  if (left !== undefined && left <= 0) {
    stream.end();
    return;
  }
  const stop = engine.events.subscribe(send);
  const timer = left === undefined ? undefined : setTimeout(() => stream.end(), Math.min(left, 2 ** 31 - 1));
  signal.addEventListener('abort', () => {
    stop();
    clearTimeout(timer);
  });
}

function moment(query: Query, key: string): bigint | undefined {
  const value = text(query, key);
  if (value === undefined || value === '') return undefined;
  const parsed = parseMoment(value);
  if (parsed === undefined) throw badParameter(`invalid value for ${JSON.stringify(key)}: ${value}`);
  return parsed;
}
