/**
 * The same calls to our shim and to containerd's, on the same runtime: the answers, the errors, the runtime's command lines
 * and the events must be the same.
 */
import { chmodSync, existsSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { closeAll, openHolder } from '../../packages/linux/src/fifo.ts';
import { isAlive } from '../../packages/linux/src/process.ts';
import { jsonAny, jsonTypes, packAny } from '../../packages/rpc/src/any.ts';
import { BootstrapParams, BootstrapResult } from '../../packages/rpc/src/generated/bootstrap.ts';
import { Any } from '../../packages/rpc/src/generated/google.ts';
import { CheckpointOptions, Options } from '../../packages/rpc/src/generated/runc_options.ts';
import { RuntimeInfo } from '../../packages/rpc/src/generated/runtime_info.ts';
import { Shim } from '../../packages/rpc/src/generated/shim_extra.ts';
import { Task } from '../../packages/rpc/src/generated/shim_task.ts';
import type { Client } from '../../packages/rpc/src/service.ts';
import { ttrpcClient } from '../../packages/rpc/src/ttrpc-client.ts';
import { run, until } from '../support/run.ts';
import { compare, eventsUpTo } from '../support/shim-compare.ts';
import { namespace, noRealShim, ourShim, outcome, ShimPlace } from '../support/shim-place.ts';

/** A runtime that notes its command line in a file and has the real one do the work, but for criu's. */
function notingRuntime(place: ShimPlace, criu: string): { readonly path: string; calls(): string[] } {
  const path = join(place.directory, 'runtime.sh');
  const log = join(place.directory, 'calls');
  const text = `#!/bin/sh\necho "$*" >>${log}\nfor word; do case $word in checkpoint|restore) ${criu} ;; esac; done\nexec /usr/sbin/runc "$@"\n`;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return {
    path,
    calls: () =>
      readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(' -no-subreaper', ' --no-subreaper')),
  };
}

compare('checkpoint: its options, its errors and what is left', async (place) => {
  const told: unknown[] = [];
  const fail =
    'mkdir -p $work; echo why >"$work/dump.log"; echo "criu failed: type DUMP errno 1" >&2; echo more >&2; exit 1';
  const runtime = notingRuntime(
    place,
    `work=$(echo "$*" | sed "s/.*--work-path \\([^ ]*\\).*/\\1/"); case "$*" in *bad*) ${fail} ;; esac; exit 0`,
  );
  const options = { ...place.options, binaryName: runtime.path };
  const bundle = place.bundle('c', 'sleep 100');
  const { task } = await place.start('c', options);
  const checkpoint = (path: string, given: object = {}) =>
    outcome(task.checkpoint({ id: 'c', path, options: packAny(CheckpointOptions, given) }));
  told.push(await checkpoint('/none'));
  await task.create(place.request('c', options));
  told.push(await checkpoint('/created'));
  await task.start({ id: 'c' });
  told.push(await checkpoint('/images'));
  told.push(await outcome(task.checkpoint({ id: 'c', path: '/images' })));
  const all = {
    exit: true,
    openTcp: true,
    externalUnixSockets: true,
    terminal: true,
    fileLocks: true,
    emptyNamespaces: ['network', 'uts'],
  };
  told.push(await checkpoint('/images', { ...all, workPath: join(place.directory, 'kept') }));
  told.push(await checkpoint('/bad'), readFileSync(join(bundle, 'criu-dump.log'), 'utf8'));
  told.push(await checkpoint('/bad', { workPath: join(place.directory, 'kept') }));
  told.push(existsSync(join(bundle, 'work/criu-work')), existsSync(join(place.directory, 'kept')));
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  told.push(await checkpoint('/stopped'));
  await task.delete({ id: 'c' });
  return [...told, runtime.calls()];
});

compare('restore: created without a process, restored with the start', async (place) => {
  const told: unknown[] = [];
  const runtime = notingRuntime(place, 'echo "criu failed: type NOTIFY errno 0" >&2; exit 1');
  const options = {
    ...place.options,
    binaryName: runtime.path,
    criuPath: '/opt/criu',
    criuWorkPath: '/var/criu',
    noPivotRoot: true,
  };
  place.bundle('c', 'sleep 100');
  const { task } = await place.start('c', options);
  const request = { ...place.request('c', options), checkpoint: '/images', parentCheckpoint: '/older' };
  told.push(await outcome(task.create(request)), await outcome(task.state({ id: 'c' })));
  for (const method of ['pause', 'resume', 'checkpoint'] as const) told.push(await outcome(task[method]({ id: 'c' })));
  told.push(await outcome(task.start({ id: 'c' })), await outcome(task.state({ id: 'c' })));
  told.push(await outcome(task.kill({ id: 'c', signal: 9 })));
  told.push(await outcome(task.delete({ id: 'c' })), await outcome(task.state({ id: 'c' })));
  await until('the events are here', () => place.events.length >= 2);
  return [...told, runtime.calls(), place.events.map(({ topic }) => topic)];
});

compare('the owner of the pipes', async (place, t) => {
  const told: unknown[] = [];
  const options = { ...place.options, ioUid: 1234, ioGid: 4321 };
  const wait = 'while ! [ -e /tmp/go ]; do sleep 0.1; done';
  place.bundle('c', `for fd in 0 1 2; do stat -L -c %u:%g /proc/self/fd/$fd; done >&2; ${wait}`, (spec) => {
    spec.process.user = { uid: 1234, gid: 4321 };
  });
  const { task } = await place.start('c', options);
  const streams = { stdin: place.fifo('in'), stdout: place.fifo('out'), stderr: place.fifo('err') };
  const readers = Object.values(streams).map(openHolder);
  await task.create({ ...place.request('c', options), ...streams });
  const { pid } = await task.start({ id: 'c' });
  const output = Buffer.alloc(100);
  await until('it has printed', () => readAvailable(readers[2] ?? -1, output).split('\n').length > 3);
  told.push(output.toString('latin1').replaceAll('\0', ''));
  t.ok(pid > 0);
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  await task.delete({ id: 'c' });
  closeAll(readers);
  return told;
});

compare('a group of containers has one shim', async (place, t) => {
  const told: unknown[] = [];
  for (const [annotation, value] of [
    ['io.containerd.runc.v2.group', 'g'],
    ['io.kubernetes.cri.sandbox-id', 'pod'],
  ] as const) {
    const ids = [`${value}1`, `${value}2`, `${value}3`] as const;
    for (const id of ids)
      place.bundle(id, 'sleep 100', (spec) => {
        spec.annotations = { [annotation]: value };
      });
    const shims = [];
    for (const id of ids) shims.push(await place.start(id));
    const { task, address } = shims[0]!;
    t.equal(new Set(shims.map((each) => each.address)).size, 1, 'one socket');
    const pids = await Promise.all(shims.map(async (each) => (await each.task.connect({ id: '' })).shimPid));
    t.equal(new Set(pids).size, 1, 'one process');
    for (const id of ids) await task.create(place.request(id));
    for (const id of ids) await task.start({ id });
    for (const [index, id] of ids.entries()) {
      await task.kill({ id, signal: 9 });
      told.push(await task.wait({ id }), await task.delete({ id }), await task.shutdown({ id }));
      if (index < 2) told.push(await outcome(task.state({ id: ids[2] })));
    }
    await until('the shim has ended', () => !isAlive(pids[0] ?? 0));
    told.push(existsSync(address.replace('unix://', '')));
  }
  return told;
});

compare('the events of a container, in their order', async (place) => {
  place.bundle('c', 'sleep 100');
  const { task } = await place.start('c');
  await task.create(place.request('c'));
  await task.start({ id: 'c' });
  const process = { args: ['sleep', '100'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } };
  await task.exec({ id: 'c', execId: 'e', spec: jsonAny(jsonTypes.process, process) });
  await task.start({ id: 'c', execId: 'e' });
  await task.kill({ id: 'c', execId: 'e', signal: 15 });
  await task.wait({ id: 'c', execId: 'e' });
  await task.delete({ id: 'c', execId: 'e' });
  await task.pause({ id: 'c' });
  await task.resume({ id: 'c' });
  await task.kill({ id: 'c', signal: 9 });
  await task.wait({ id: 'c' });
  await task.delete({ id: 'c' });
  return eventsUpTo(place, '/tasks/delete');
});

compare('a container that is killed while it is paused', async (place) => {
  place.bundle('c', 'sleep 100');
  const { task } = await place.start('c');
  await task.create(place.request('c'));
  await task.start({ id: 'c' });
  await task.pause({ id: 'c' });
  const told: unknown[] = [await outcome(task.delete({ id: 'c' })), await outcome(task.kill({ id: 'c', signal: 9 }))];
  // On v1 the signal may wait for the thaw; elsewhere it is the end, and there is nothing to resume.
  await outcome(task.resume({ id: 'c' }));
  told.push(await task.wait({ id: 'c' }), await outcome(task.state({ id: 'c' })), await task.delete({ id: 'c' }));
  return told;
});

t.test('a slow reader of a terminal gets all, also behind the end', { skip: noRealShim }, async (t) => {
  const place = new ShimPlace({ shim: ourShim });
  await place.listen();
  place.bundle(
    'c',
    'i=0; while [ $i -lt 4000 ]; do echo "line $i of many that fill the pipe"; i=$((i+1)); done',
    (spec) => {
      spec.process.terminal = true;
    },
  );
  const { task, connection } = await place.start('c');
  const shim = ttrpcClient(Shim, connection);
  const before = (await filesOf(shim)).length;
  const stdout = place.fifo('out');
  const reader = openHolder(stdout);
  await task.create({ ...place.request('c'), terminal: true, stdout, stdin: place.fifo('in') });
  await task.start({ id: 'c' });
  const { shimPid } = await task.connect({ id: '' });
  await until('nothing runs while the reader does not read', async () => {
    const ticks = cpuTicks(shimPid);
    await sleep(1000);
    return cpuTicks(shimPid) - ticks <= 1;
  });
  const output = await readUntil(reader, /line 3999 of many/);
  t.equal(output.match(/line \d+ of many that fill the pipe\r\n/g)?.length, 4000);
  closeAll([reader]);
  t.match(await task.wait({ id: 'c' }), { exitStatus: 0 });
  await task.delete({ id: 'c' });
  t.equal((await filesOf(shim)).length, before, 'no descriptor is left');
  await task.shutdown({});
  await place.close();
});

t.test('output without a reader is kept until one comes', { skip: noRealShim }, async (t) => {
  const place = new ShimPlace({ shim: ourShim });
  await place.listen();
  place.bundle('c', 'echo kept');
  const { task, connection } = await place.start('c');
  const shim = ttrpcClient(Shim, connection);
  const before = (await filesOf(shim)).length;
  const stdout = place.fifo('out');
  await task.create({ ...place.request('c'), stdout });
  await task.start({ id: 'c' });
  await task.wait({ id: 'c' });
  const { stdout: text } = await run('timeout', ['10', 'cat', stdout]);
  t.equal(text, 'kept\n', 'and sees its end');
  await task.delete({ id: 'c' });
  t.equal((await filesOf(shim)).length, before, 'no descriptor is left');
  place.bundle('d', 'echo lost');
  await task.create({ ...place.request('d'), stdout });
  await task.start({ id: 'd' });
  await task.wait({ id: 'd' });
  await task.delete({ id: 'd' });
  t.equal((await filesOf(shim)).length, before, 'deleted before one came');
  await task.shutdown({});
  await place.close();
});

t.test('an idle shim gives back its memory, and is there when it is called', { skip: noRealShim }, async (t) => {
  const place = new ShimPlace({ shim: ourShim });
  await place.listen();
  place.bundle('c', 'sleep 100');
  const { task } = await place.start('c');
  await task.create(place.request('c'));
  await task.start({ id: 'c' });
  const { shimPid } = await task.connect({ id: '' });
  const busy = residentKilobytes(shimPid);
  await until('it has given back most of it', () => residentKilobytes(shimPid) < busy / 2);
  t.match(await task.state({ id: 'c' }), { status: 2 });
  await task.kill({ id: 'c', signal: 9 });
  t.match(await task.wait({ id: 'c' }), { exitStatus: 137 });
  await task.delete({ id: 'c' });
  await task.shutdown({});
  await place.close();
});

t.test('-info, as containerd 2.x asks', { skip: noRealShim }, async (t) => {
  const place = new ShimPlace({ shim: ourShim });
  place.bundle('c', 'true');
  const { status, stdout } = place.call('c', ['-info'], Any.encode(packAny(Options, place.options)));
  t.equal(status, 0);
  const info = RuntimeInfo.decode(stdout);
  t.equal(info.name, 'io.containerd.drydock.v2');
  t.match(info.version?.version, /^\d+\.\d+\.\d+$/);
  t.equal(Options.decode(info.options?.value ?? new Uint8Array(0)).binaryName, '/usr/sbin/runc');
  t.equal(info.features?.typeUrl, 'types.containerd.io/opencontainers/runtime-spec/1/features/Features');
  t.match(JSON.parse(Buffer.from(info.features?.value ?? []).toString()), { ociVersionMin: '1.0.0' });
  t.match(
    RuntimeInfo.decode(place.call('c', ['-info']).stdout),
    { options: undefined, features: {} },
    'of our runtime',
  );
  const none = place.call('c', ['-info'], Any.encode(packAny(Options, { binaryName: 'no-such-runtime' })));
  t.match(none, { status: 1, stderr: /failed to look up the path of "no-such-runtime"/ });
  t.match(place.call('c', ['-info'], Buffer.from('\xff\xffgarbage', 'latin1')), { status: 1, stderr: /from stdin/ });
  await place.close();
});

t.test('parameters on stdin, as containerd 2.3 sends them', { skip: noRealShim }, async (t) => {
  const place = new ShimPlace({ shim: ourShim });
  await place.listen();
  place.bundle('c', 'true');
  const parameters = {
    instanceId: 'c',
    namespace,
    containerdVersion: '2.3.4',
    containerdTtrpcAddress: `unix://${place.supervisor}.ttrpc`,
    containerdGrpcAddress: `unix://${place.supervisor}`,
    extensions: [{ value: packAny(Options, place.options) }],
    socketDir: join(place.directory, 's'),
  };
  const { status, stdout } = place.call('c', ['start'], BootstrapParams.encode(parameters), { TTRPC_ADDRESS: '' });
  t.equal(status, 0);
  const result = BootstrapResult.decode(stdout);
  t.match(result, { version: 3, protocol: 'ttrpc' });
  t.ok(result.address.startsWith(`unix://${place.directory}/s/`));
  const { connection, task } = await place.connect(result.address);
  const version3 = ttrpcClient({ ...Task, name: 'containerd.task.v3.Task' }, connection);
  await version3.create(place.request('c'));
  await version3.start({ id: 'c' });
  t.match(await version3.wait({ id: 'c' }), { exitStatus: 0 });
  await task.delete({ id: 'c' });
  await until('the events are here', () => place.events.length === 4);
  await task.shutdown({ id: 'c' });
  await place.close();
});

/** What a shim has open, but for its connections. */
async function filesOf(shim: Client<typeof Shim>): Promise<string[]> {
  const { descriptors } = await shim.descriptors({});
  return descriptors.map(({ target }) => target).filter((target) => !target.startsWith('socket:'));
}

function residentKilobytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Processor time of a process, in hundredths of a second. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** All that comes from a pipe until it matches, a little at a time. */
async function readUntil(fd: number, pattern: RegExp): Promise<string> {
  let text = '';
  const chunk = Buffer.alloc(8192);
  await until(`${pattern}`, async () => {
    for (;;) {
      try {
        text += chunk.toString('latin1', 0, readSync(fd, chunk, 0, chunk.length, null));
        if (pattern.test(text)) return true;
        await sleep(1);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        return false;
      }
    }
  });
  return text;
}

/** What a pipe has until now, read into a buffer that keeps what was read before. */
function readAvailable(fd: number, output: Buffer): string {
  const used = output.indexOf(0);
  try {
    readSync(fd, output, used, output.length - used, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return output.toString('latin1').replaceAll('\0', '');
}
