/**
 * What our shim tells of itself beside the task service: its state, its latest events and whether they arrived, its
 * descriptors; and how events arrive by the program that it is told to publish with.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { jsonAny, jsonTypes, packAny } from '../../packages/rpc/src/any.ts';
import { TaskExecAdded, TaskExit } from '../../packages/rpc/src/generated/event_payloads.ts';
import { Any } from '../../packages/rpc/src/generated/google.ts';
import { Options } from '../../packages/rpc/src/generated/runc_options.ts';
import { Shim } from '../../packages/rpc/src/generated/shim_extra.ts';
import { ttrpcClient } from '../../packages/rpc/src/ttrpc-client.ts';
import { ctr, until } from '../support/run.ts';
import { namespace, noRealShim } from '../support/shim-place.ts';
import { newPlace } from '../support/shim-served.ts';
import { bin, makeDirectory, startContainerd, startSupervisor } from '../support/stacks.ts';

const skip = process.getuid?.() !== 0 && 'needs root';

const sleeping = { args: ['sleep', '100'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } };

t.test('its state, in each of the container', { skip }, async (t) => {
  const place = await newPlace(t);
  const bundle = place.bundle('c', 'sleep 100');
  const { task, connection } = await place.start('c');
  const { shimPid } = await task.connect({ id: '' });
  const state = () => ttrpcClient(Shim, connection).state({});
  const processes = async () =>
    (await state()).containers[0]?.processes.map(({ execId, status, exitStatus }) => [execId, status, exitStatus]);
  t.match(await state(), {
    version: /^\d+\.\d+\.\d+$/,
    pid: shimPid,
    namespace,
    id: 'c',
    startedAt: { seconds: Number },
    containers: [],
    eventsTo: `${place.supervisor}.ttrpc`,
    eventsWaiting: 0,
    eventsDropped: 0,
    eventsError: '',
  });
  const { pid } = await task.create(place.request('c'));
  t.match((await state()).containers, [{ id: 'c', bundle, processes: [{ execId: '', pid, status: 'created' }] }]);
  await task.start({ id: 'c' });
  await task.exec({ id: 'c', execId: 'e', spec: jsonAny(jsonTypes.process, sleeping) });
  t.same(await processes(), [
    ['', 'running', 0],
    ['e', 'created', 0],
  ]);
  await task.start({ id: 'c', execId: 'e' });
  await task.pause({ id: 'c' });
  t.same(await processes(), [
    ['', 'paused', 0],
    ['e', 'running', 0],
  ]);
  await task.resume({ id: 'c' });
  await task.kill({ id: 'c', execId: 'e', signal: 15 });
  const { exitedAt } = await task.wait({ id: 'c', execId: 'e' });
  t.same(await processes(), [
    ['', 'running', 0],
    ['e', 'stopped', 143],
  ]);
  t.same((await state()).containers[0]?.processes[1]?.exitedAt, exitedAt);
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  t.same((await processes())?.[0], ['', 'stopped', 137]);
  await task.delete({ id: 'c' });
  t.same((await state()).containers, []);
});

t.test('its events, and what became of them', { skip }, async (t) => {
  const place = await newPlace(t);
  place.bundle('c', 'sleep 100');
  const { task, connection, address } = await place.start('c');
  const shim = ttrpcClient(Shim, connection);
  const states = async () => (await shim.events({})).events.map(({ topic, state }) => `${topic} ${state}`);
  t.same(await states(), []);
  const trace = `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`;
  await task.create(place.request('c'), { metadata: { traceparent: trace } });
  await until('it is sent', async () => (await states())[0] === '/tasks/create sent');
  t.match((await shim.events({})).events[0], { trace: trace.slice(0, 35), timestamp: { seconds: Number } });
  await place.deafen();
  await task.start({ id: 'c' });
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  await until('that nobody takes them is known', async () => (await shim.state({})).eventsError !== '');
  t.same(await states(), ['/tasks/create sent', '/tasks/start waiting', '/tasks/exit waiting']);
  t.match(await shim.state({}), { eventsWaiting: 2, eventsDropped: 0 });
  await place.listen();
  await place.connect(address);
  await until('they are sent', async () => (await shim.state({})).eventsWaiting === 0);
  t.same(await states(), ['/tasks/create sent', '/tasks/start sent', '/tasks/exit sent']);
  t.match(await shim.state({}), { eventsError: '' });
  const exit = (await shim.events({})).events[2]!;
  t.match(TaskExit.decode(exit.event?.value ?? new Uint8Array(0)), { containerId: 'c', exitStatus: 137 });
  t.same(place.events[2], { namespace, topic: exit.topic, event: exit.event, timestamp: exit.timestamp });
  await task.delete({ id: 'c' });
});

t.test('of its events the latest are kept', { skip }, async (t) => {
  const place = await newPlace(t);
  place.bundle('c', 'sleep 100');
  const { task, connection } = await place.start('c');
  await task.create(place.request('c'));
  const spec = jsonAny(jsonTypes.process, sleeping);
  for (let index = 0; index < 70; index += 1) await task.exec({ id: 'c', execId: `e${index}`, spec });
  const { events } = await ttrpcClient(Shim, connection).events({});
  t.equal(events.length, 64);
  const ids = events.map(({ event }) => TaskExecAdded.decode(event?.value ?? new Uint8Array(0)).execId);
  t.same(
    ids,
    Array.from({ length: 64 }, (_, index) => `e${index + 6}`),
  );
});

t.test('its descriptors', { skip }, async (t) => {
  const place = await newPlace(t);
  place.bundle('c', 'sleep 100');
  const { task, connection } = await place.start('c');
  const shim = ttrpcClient(Shim, connection);
  const { shimPid } = await task.connect({ id: '' });
  await task.create({ ...place.request('c'), stdout: place.fifo('out') });
  const { descriptors } = await shim.descriptors({});
  const real = readdirSync(`/proc/${shimPid}/fd`).map((name) => ({
    number: Number(name),
    target: readlinkSync(`/proc/${shimPid}/fd/${name}`),
  }));
  t.same(
    descriptors.filter(({ target }) => target !== `/proc/${shimPid}/fd`),
    real.sort((one, other) => one.number - other.number),
  );
  t.ok(descriptors.some(({ target }) => target === place.fifo('out')));
});

t.test('a program publishes its events, to either daemon', { skip: skip || noRealShim }, async (t) => {
  const told: unknown[] = [];
  for (const [program, start] of [
    ['/usr/bin/containerd', startContainerd],
    [join(bin, 'drydock-supervisor'), startSupervisor],
  ] as const) {
    const directory = makeDirectory('told');
    const daemon = await start(directory);
    const listener = spawn('ctr', ['-a', daemon.socket, 'events'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    listener.stdout.on('data', (data) => {
      text += data;
    });
    await until('it listens', async () => {
      await ctr({ containerd: daemon.socket }, ['namespaces', 'create', `n${Math.random()}`]);
      return text !== '';
    });
    const place = await newPlace(t);
    place.bundle('c', 'exit 5');
    const options = Any.encode(packAny(Options, place.options));
    const flags = ['-address', daemon.socket, '-publish-binary', program];
    const { stdout } = place.call('c', [...flags, 'start'], options, { TTRPC_ADDRESS: '' });
    const { task, connection } = await place.connect(stdout.toString());
    t.match(await ttrpcClient(Shim, connection).state({}), { eventsTo: program });
    await task.create(place.request('c'));
    await task.start({ id: 'c' });
    await task.wait({ id: 'c' });
    await task.delete({ id: 'c' });
    const lines = (): string[] => text.split('\n').filter((line) => line.includes(` ${namespace} `));
    // A program is started for each.
    await until('all has come', () => lines().length === 4, 120);
    await task.shutdown({ id: 'c' });
    told.push(lines().map((line) => / (\/tasks\/\w+) /.exec(line)?.[1]));
    t.match(lines()[2], /"exit_status":5/);
    listener.kill();
    await daemon.stop();
    rmSync(directory, { recursive: true });
  }
  t.same(told[0], ['/tasks/create', '/tasks/start', '/tasks/exit', '/tasks/delete']);
  t.same(told[1], told[0]);
});

t.test('a program that cannot publish: events wait, and why is told', { skip }, async (t) => {
  const place = await newPlace(t);
  place.bundle('c', 'sleep 100');
  const options = Any.encode(packAny(Options, place.options));
  const { stdout } = place.call('c', ['start'], options, { TTRPC_ADDRESS: '' });
  const { task, connection } = await place.connect(stdout.toString());
  await task.create(place.request('c'));
  const shim = ttrpcClient(Shim, connection);
  await until('it has been tried', async () => (await shim.state({})).eventsError !== '');
  t.match(await shim.state({}), { eventsWaiting: 1, eventsError: '/bin/false publish: exit status 1' });
});
