import { TaskDelete, TaskExit } from '@drydock/rpc/generated/event_payloads';
import type { Envelope } from '@drydock/rpc/generated/events';
import { now } from '@drydock/rpc/timestamp';
import t from 'tap';
import { fault } from '../test-faults.ts';
import { Exchange } from './exchange.ts';

/** Collects the topics that a subscription hears until it is ended. */
function subscribe(exchange: Exchange, ...filters: string[]) {
  const controller = new AbortController();
  const events = exchange.subscribe(filters, controller.signal);
  const heard = (async () => {
    const topics: string[] = [];
    for await (const { topic } of events) topics.push(topic);
    return topics;
  })();
  return async () => {
    controller.abort();
    return heard;
  };
}

t.test('everybody hears what their filters select, in order', async (t) => {
  const exchange = new Exchange();
  const all = subscribe(exchange);
  const docker = subscribe(exchange, 'namespace==moby,topic~=|^/tasks/|');
  const mine = subscribe(exchange, 'event.container_id==c1');
  exchange.publish('moby', '/tasks/exit', TaskExit, { containerId: 'c1', id: 'c1' });
  exchange.publish('other', '/tasks/exit', TaskExit, { containerId: 'c2', id: 'c2' });
  exchange.publishAny('moby', '/images/create', undefined);
  const late = subscribe(exchange);
  t.same(await all(), ['/tasks/exit', '/tasks/exit', '/images/create']);
  t.same(await docker(), ['/tasks/exit']);
  t.same(await mine(), ['/tasks/exit']);
  t.same(await late(), [], 'nothing is repeated');
});

t.test('an event that comes from elsewhere must be whole', (t) => {
  const exchange = new Exchange();
  const envelope: Envelope = { namespace: 'n', topic: '/a/b', timestamp: now(), event: undefined };
  const heard: string[] = [];
  exchange.listen(({ topic }) => heard.push(topic));
  exchange.forward(envelope);
  t.same(heard, ['/a/b']);
  for (const bad of [
    undefined,
    { ...envelope, namespace: '' },
    { ...envelope, topic: '' },
    { ...envelope, topic: 'a' },
    { ...envelope, topic: '/' },
    { ...envelope, topic: '/a//b' },
    { ...envelope, timestamp: undefined },
  ])
    t.throws(() => exchange.forward(bad), fault({ kind: 'invalid argument' }));
  t.throws(() => exchange.subscribe(['=='], new AbortController().signal), fault({ kind: 'invalid argument' }));
  t.end();
});

t.test('what happened before the start is kept for the first subscribers that want it', async (t) => {
  const exchange = new Exchange();
  const timestamp = { seconds: now().seconds - 60, nanos: 0 };
  exchange.forward({ namespace: 'n', topic: '/tasks/exit', timestamp, event: undefined });
  exchange.forward({ namespace: 'n', topic: '/tasks/oom', timestamp: now(), event: undefined });
  exchange.publishMissed('n', '/tasks/exit', TaskExit, { containerId: 'gone', id: 'gone' });
  exchange.publishMissed('m', '/tasks/exit', TaskExit, { containerId: 'gone', id: 'gone' });
  exchange.publish('n', '/tasks/delete', TaskDelete, { containerId: 'gone' });
  const other = subscribe(exchange, 'namespace==other');
  const first = subscribe(exchange, 'namespace==n');
  const second = subscribe(exchange);
  t.same(await other(), []);
  t.same(await first(), ['/tasks/exit'], 'nothing of a task that was deleted since');
  t.same(await second(), ['/tasks/exit'], 'that of another namespace');
});
