import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openPublisher, type ShimEvent } from './publisher.ts';

const event = (name: string) => ({ typeUrl: name, value: new Uint8Array(0) });

/** A supervisor that can be away. */
function receiver() {
  const got: ShimEvent[] = [];
  let attempts = 0;
  const state = { isAway: false, got, attempts: () => attempts };
  const publisher = openPublisher(async (sent) => {
    attempts += 1;
    await sleep(0);
    if (state.isAway) throw new Error('connect: ECONNREFUSED');
    got.push(sent);
  });
  return { state, publisher };
}

t.test('all arrive, in their order, once', async (t) => {
  const { state, publisher } = receiver();
  for (let index = 0; index < 50; index += 1) publisher.publish('/tasks/exit', event(String(index)));
  t.equal(publisher.waiting, 50);
  await publisher.drain(5000);
  t.same(
    state.got.map((got) => got.event.typeUrl),
    Array.from({ length: 50 }, (_, index) => String(index)),
  );
  t.match(publisher, { waiting: 0, dropped: 0, error: undefined });
  t.ok(publisher.recent.every((each) => each.state === 'sent'));
});

t.test('a supervisor that is away gets them when it is back', async (t) => {
  const { state, publisher } = receiver();
  state.isAway = true;
  for (const name of ['a', 'b', 'c']) publisher.publish('/tasks/start', event(name));
  await sleep(30);
  t.match(publisher, { waiting: 3, error: 'connect: ECONNREFUSED' });
  t.equal(state.attempts(), 1, 'there is a pause');
  publisher.retry();
  await sleep(10);
  t.equal(state.attempts(), 2, 'which a connection ends');
  state.isAway = false;
  publisher.retry();
  await publisher.drain(5000);
  t.same(
    state.got.map((got) => got.event.typeUrl),
    ['a', 'b', 'c'],
  );
  t.equal(publisher.error, undefined);
});

t.test('too many: what nobody needs later goes, exits stay', async (t) => {
  const { state, publisher } = receiver();
  state.isAway = true;
  publisher.publish('/tasks/create', event('first'));
  for (let index = 0; index < 2000; index += 1) {
    publisher.publish('/tasks/exec-added', event(`added ${index}`));
    if (index % 4 === 0) publisher.publish('/tasks/exit', event(`exit ${index}`));
  }
  t.match(publisher, { waiting: 1024, dropped: 2501 - 1024 });
  t.equal(publisher.recent.length, 64);
  for (let index = 2000; index < 4000; index += 1) publisher.publish('/tasks/exit', event(`exit ${index}`));
  t.equal(publisher.waiting, 2501, 'exits beyond any number: they are those of processes');
  state.isAway = false;
  publisher.retry();
  await publisher.drain(20_000);
  const exits = state.got.filter(({ topic }) => topic === '/tasks/exit').map((got) => got.event.typeUrl);
  t.same(exits, [
    ...Array.from({ length: 500 }, (_, index) => `exit ${index * 4}`),
    ...Array.from({ length: 2000 }, (_, index) => `exit ${index + 2000}`),
  ]);
  t.equal(state.got[0]?.event.typeUrl, 'first', 'what was on its way is not dropped');
});

t.test('draining has an end', async (t) => {
  const { state, publisher } = receiver();
  state.isAway = true;
  publisher.publish('/tasks/exit', event('lost'));
  await publisher.drain(20);
  t.equal(publisher.waiting, 1);
  state.isAway = false;
  publisher.retry();
  await publisher.drain(1000);
  t.equal(publisher.waiting, 0);
});
