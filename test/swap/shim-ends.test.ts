/**
 * Who ends our shim in each of its states, and who does not: its parent, `Shutdown`, nobody's being connected, a signal; and
 * what `delete` finds when it was killed. With real shims, our runtime, and containers.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { isAlive } from '../../packages/linux/src/process.ts';
import { connectUnix } from '../../packages/linux/src/socket.ts';
import { Shim } from '../../packages/rpc/src/generated/shim_extra.ts';
import { Task } from '../../packages/rpc/src/generated/shim_task.ts';
import { connectTtrpc, type TtrpcConnection, ttrpcClient } from '../../packages/rpc/src/ttrpc-client.ts';
import { commandLine, until } from '../support/run.ts';
import { namespace, ourRuntime, ourShim, outcome } from '../support/shim-place.ts';
import { launch, newPlace, type Served, serve, serveSpare } from '../support/shim-served.ts';

const skip = process.getuid?.() !== 0 && 'needs root';
/** The idle timeout of shims that shall see its end, in milliseconds. */
const short = 400;

/** Creates and starts the container. */
async function run({ place }: Served, connection: TtrpcConnection): Promise<number> {
  const task = ttrpcClient(Task, connection);
  await task.create(place.request('c'));
  return (await task.start({ id: 'c' })).pid;
}

async function killAndDelete(connection: TtrpcConnection): Promise<void> {
  const task = ttrpcClient(Task, connection);
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  await task.delete({ id: 'c' });
}

/** Asserts that a shim has ended of itself and has left no socket. */
async function hasEnded(test: Test, { pid, socket }: Served): Promise<void> {
  await until(`shim ${pid} has ended`, () => !isAlive(pid));
  test.notOk(existsSync(socket), 'its socket is removed');
}

/** Asserts that it answers, on a new connection. */
async function isThere(test: Test, { socket, pid }: Served): Promise<void> {
  const connection = await connectTtrpc(socket);
  test.equal((await ttrpcClient(Task, connection).connect({ id: '' })).shimPid, pid, 'it is there');
  connection.close();
}

t.test('spare: its parent ends it', { skip }, async (t) => {
  const shim = await serveSpare(t);
  const connection = await shim.connect();
  await until('it says so', () => commandLine(shim.pid) === 'containerd-shim-drydock-v2 -spare');
  shim.child.kill('SIGKILL');
  await connection.closed;
  await hasEnded(t, shim);
});

t.test('spare: a parent that was gone before it could ask', { skip }, async (t) => {
  const gone = spawn('true');
  await once(gone, 'exit');
  const place = await newPlace(t);
  const shim = await launch(place, { program: ourShim, args: ['-spare', '-parent', `${gone.pid}`], cwd: '/' });
  t.same(await shim.ended, [0, null]);
});

t.test("spare: with a container it is no longer its parent's", { skip }, async (t) => {
  const shim = await serveSpare(t, ['-idle-timeout', `${short}`]);
  const connection = await shim.connect();
  const bundle = join(shim.place.directory, namespace, 'c');
  await ttrpcClient(Shim, connection).assign({ namespace, id: 'c', bundle });
  t.equal(commandLine(shim.pid), `containerd-shim-drydock-v2 -id c -namespace ${namespace}`);
  const container = await run(shim, connection);
  shim.child.kill('SIGKILL');
  await shim.ended;
  connection.close();
  await sleep(2 * short);
  await isThere(t, shim);
  t.ok(isAlive(container), 'and so is the container');
  const again = await shim.connect();
  await killAndDelete(again);
  await ttrpcClient(Task, again).shutdown({ id: 'c' });
  await hasEnded(t, shim);
});

t.test('waiting: Shutdown', { skip }, async (t) => {
  const shim = await serve(t, []);
  await ttrpcClient(Task, await shim.connect()).shutdown({ id: 'c' });
  t.same(await shim.ended, [0, null]);
  await hasEnded(t, shim);
});

t.test('waiting: nobody has ever connected', { skip }, async (t) => {
  const shim = await serve(t, ['-idle-timeout', `${short}`]);
  t.same(await shim.ended, [0, null]);
  await hasEnded(t, shim);
});

t.test('waiting: nobody is connected any more', { skip }, async (t) => {
  const shim = await serve(t, ['-idle-timeout', `${short}`]);
  const [one, other] = [await shim.connect(), await shim.connect()];
  one.close();
  await sleep(2 * short);
  t.match(await ttrpcClient(Task, other).connect({ id: '' }), { shimPid: shim.pid }, 'one is enough');
  other.close();
  t.same(await shim.ended, [0, null]);
  await hasEnded(t, shim);
});

t.test('waiting: a create that is under way counts as a container', { skip }, async (t) => {
  const shim = await serve(t, ['-idle-timeout', `${short}`]);
  const slow = join(shim.place.directory, 'slow');
  const go = join(shim.place.directory, 'go');
  const wait = `case "$*" in *create*) while ! [ -e ${go} ]; do sleep 0.05; done ;; esac`;
  writeFileSync(slow, `#!/bin/sh\n${wait}\nexec ${ourRuntime} "$@"\n`, { mode: 0o755 });
  const connection = await shim.connect();
  const options = { ...shim.place.options, binaryName: slow };
  const created = outcome(ttrpcClient(Task, connection).create(shim.place.request('c', options)));
  const other = await connectTtrpc(shim.socket);
  await ttrpcClient(Task, other).shutdown({ id: 'c' });
  connection.close();
  other.close();
  t.match(await created, /^unavailable/);
  await sleep(2 * short);
  await isThere(t, shim);
  writeFileSync(go, '');
  const again = await shim.connect();
  await until('it is created', async () =>
    (await ttrpcClient(Shim, again).state({})).containers.some(({ processes }) => processes[0]?.status === 'created'),
  );
  await killAndDelete(again);
  again.close();
  t.same(await shim.ended, [0, null]);
});

t.test(
  'holding: neither Shutdown nor that nobody is connected, whatever state the container is in',
  { skip },
  async (t) => {
    const shim = await serve(t, ['-idle-timeout', `${short}`]);
    const steps: readonly ((task: ReturnType<typeof ttrpcClient<typeof Task>>) => Promise<unknown>)[] = [
      (task) => task.create(shim.place.request('c')),
      (task) => task.start({ id: 'c' }),
      (task) => task.pause({ id: 'c' }),
      async (task) => {
        await task.resume({ id: 'c' });
        await task.kill({ id: 'c', signal: 9 });
        await task.wait({ id: 'c' });
      },
    ];
    for (const step of steps) {
      const connection = await shim.connect();
      const task = ttrpcClient(Task, connection);
      await step(task);
      t.same(await task.shutdown({ id: 'c' }), {});
      connection.close();
      await sleep(1.5 * short);
      await isThere(t, shim);
    }
    const last = await shim.connect();
    t.match(await ttrpcClient(Task, last).delete({ id: 'c' }), { exitStatus: 137 });
    last.close();
    t.same(await shim.ended, [0, null], 'empty: as soon as nobody is connected');
    await hasEnded(t, shim);
  },
);

t.test('holding: the others of a group', { skip }, async (t) => {
  const place = await newPlace(t);
  for (const id of ['a', 'b'])
    place.bundle(id, 'sleep 1000', (spec) => {
      spec.annotations = { 'io.containerd.runc.v2.group': 'g' };
    });
  const { task, connection } = await place.start('a');
  await place.start('b');
  const { shimPid } = await task.connect({ id: '' });
  for (const id of ['a', 'b']) await task.create(place.request(id));
  for (const [id, other] of [
    ['a', 'b'],
    ['b', undefined],
  ] as const) {
    await task.kill({ id, signal: 9 });
    await task.wait({ id });
    await task.delete({ id });
    await task.shutdown({ id });
    if (other !== undefined) t.match(await task.state({ id: other }), { id: other }, 'holds the other one');
  }
  await connection.closed;
  await until('it has ended', () => !isAlive(shimPid));
});

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} ends it in each state`, { skip }, async (t) => {
    const spare = await serveSpare(t);
    await spare.connect();
    process.kill(spare.pid, signal);
    await hasEnded(t, spare);
    spare.child.kill();
    const waiting = await serve(t, []);
    await waiting.connect();
    process.kill(waiting.pid, signal);
    t.same(await waiting.ended, [0, null]);
    await hasEnded(t, waiting);
    const holding = await serve(t, []);
    const connection = await holding.connect();
    const container = await run(holding, connection);
    process.kill(holding.pid, signal);
    t.same(await holding.ended, [0, null]);
    await hasEnded(t, holding);
    t.ok(isAlive(container), 'the container is left to `delete`');
    t.match(holding.place.delete('c'), { exitStatus: 137, pid: container });
    await until('it is gone', () => !isAlive(container));
    const empty = await serve(t, []);
    const last = await empty.connect();
    await run(empty, last);
    await killAndDelete(last);
    process.kill(empty.pid, signal);
    t.same(await empty.ended, [0, null]);
    await hasEnded(t, empty);
  });

t.test('other signals end it in none', { skip }, async (t) => {
  const shim = await serve(t, []);
  await shim.connect();
  for (const signal of ['SIGPIPE', 'SIGUSR1', 'SIGCHLD'] as const) process.kill(shim.pid, signal);
  await isThere(t, shim);
});

t.test('ending: the last events arrive, or have had their time', { skip }, async (t) => {
  const heard = await serve(t, []);
  const connection = await heard.connect();
  await run(heard, connection);
  await heard.place.deafen();
  await killAndDelete(connection);
  const { eventsWaiting } = await ttrpcClient(Shim, connection).state({});
  t.ok(eventsWaiting > 0, `${eventsWaiting} events wait`);
  await ttrpcClient(Task, connection).shutdown({ id: 'c' });
  await heard.place.listen();
  t.same(await heard.ended, [0, null]);
  t.match(
    heard.place.events.map(({ topic }) => topic),
    ['/tasks/create', '/tasks/start', '/tasks/exit', '/tasks/delete'],
    'a supervisor that is back in time',
  );
  const unheard = await serve(t, []);
  await unheard.place.deafen();
  const other = await unheard.connect();
  await run(unheard, other);
  await killAndDelete(other);
  await ttrpcClient(Task, other).shutdown({ id: 'c' });
  t.same(await unheard.ended, [0, null], 'none at all');
  t.same(unheard.place.events, []);
});

t.test('killed: `delete` ends the container and tells what is known, any number of times', { skip }, async (t) => {
  const shim = await serve(t, []);
  const connection = await shim.connect();
  const container = await run(shim, connection);
  shim.child.kill('SIGKILL');
  await shim.ended;
  t.throws(() => closeSync(connectUnix(shim.socket)), { code: 'ECONNREFUSED' }, 'its socket stays, and nobody listens');
  t.match(shim.place.delete('c'), { exitStatus: 137, pid: container });
  await until('the container is gone', () => !isAlive(container));
  t.match(shim.place.delete('c'), { exitStatus: 137, pid: container });
});

t.test('killed after the end of its container: `delete` tells how that went', { skip }, async (t) => {
  const place = await newPlace(t);
  const cwd = place.bundle('c', 'exit 7');
  const shim = await launch(place, { program: ourShim, args: ['-namespace', namespace, '-id', 'c'], cwd });
  const connection = await shim.connect();
  await run(shim, connection);
  const { exitedAt } = await ttrpcClient(Task, connection).wait({ id: 'c' });
  shim.child.kill('SIGKILL');
  await shim.ended;
  t.match(place.delete('c'), { exitStatus: 7, exitedAt });
});

t.test('killed before there was a container', { skip }, async (t) => {
  const shim = await serve(t, []);
  await shim.connect();
  shim.child.kill('SIGKILL');
  await shim.ended;
  t.match(shim.place.delete('c'), { exitStatus: 137, pid: 0 });
  t.notMatch(readFileSync('/proc/self/mountinfo', 'utf8'), shim.place.directory, 'nothing is mounted');
});
