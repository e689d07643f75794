/**
 * Spare shims never leak: however and whenever their supervisor ends, they end with it; and while it runs there are as many
 * shims, and as many sockets, as there are tasks and spares.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Fleet } from '../support/fleet.ts';
import { Installation } from '../support/installation.ts';
import { ctr, until } from '../support/run.ts';
import { findLeaks } from '../support/soak-leaks.ts';
import { bin, busyboxArchive, makeDirectory, startSupervisor } from '../support/stacks.ts';

const skip = process.getuid?.() !== 0 && 'needs root';
const image = 'docker.io/library/busybox:latest';
const spares = 3;

function prepare(name: string) {
  const directory = makeDirectory(name);
  const installation = new Installation(join(directory, 'installed'));
  const flags = ['--shim', `io.containerd.runc.v2=${installation.shim}`, '--spare-shims', `${spares}`];
  return { directory, installation, flags };
}

/** Leaks by kind, of kinds that there are any of. */
async function leaksOf(directory: string, namespace: string): Promise<Record<string, string[]>> {
  return Object.fromEntries(
    Object.entries(await findLeaks(directory, namespace)).filter(([, names]) => names.length > 0),
  );
}

t.test('killed while it starts', { skip }, async (t) => {
  const { directory, installation, flags } = prepare('spares');
  const places = ['-a', join(directory, 's.sock'), '--root', join(directory, 'root')];
  const state = join(directory, 'run/supervisor');
  let most = 0;
  for (let moment = 0; moment < 25 || most < spares; moment += 1) {
    const args = [...places, '--state', state, ...flags];
    const supervisor = spawn(join(bin, 'drydock-supervisor'), args, { stdio: 'ignore' });
    const ended = once(supervisor, 'exit');
    // All of its start, however long that takes here, and some of what is after it.
    await sleep(moment * 40);
    most = Math.max(most, installation.shims().length);
    supervisor.kill('SIGKILL');
    await ended;
    await until(`no shim is left ${moment * 40} ms after the start`, () => installation.shims().length === 0);
  }
  t.equal(most, spares, 'there were never more than it was told');
  const last = await startSupervisor(directory, flags);
  await until('it has its own', () => installation.shims().length === spares);
  t.equal(readdirSync(join(directory, 'run/s')).length, spares, 'and no socket of another');
  await last.stop();
  await until('none is left', () => installation.shims().length === 0);
  t.same(await leaksOf(directory, `spares-start-${process.pid}`), {});
});

t.test('killed and stopped while it starts containers', { skip }, async (t) => {
  const { directory, installation, flags } = prepare('spares');
  const namespace = `spares-${process.pid}`;
  let supervisor = await startSupervisor(directory, flags);
  await ctr({ containerd: supervisor.socket }, ['-n', namespace, 'images', 'import', busyboxArchive()]);
  const fleet = await Fleet.open({ socket: supervisor.socket, namespace, image });
  const ids: string[] = [];
  const settled = (what: string): Promise<void> =>
    until(
      `${what}: ${ids.length} tasks and ${spares} spares`,
      () => installation.shims().length === ids.length + spares,
    );
  for (let round = 0; round < 10; round += 1) {
    const wanted = Array.from({ length: 4 }, (_, index) => `c${round}-${index}`);
    const running = Promise.all(wanted.map((id) => fleet.ensureRunning(id, ['sleep', '1000'])));
    await sleep(40 * round);
    if (round % 3 !== 2) process.kill(supervisor.pid, 'SIGKILL');
    await supervisor.stop();
    supervisor = await startSupervisor(directory, flags);
    await running;
    ids.push(...wanted);
    t.equal((await fleet.listTasks()).length, ids.length);
    await settled(`round ${round}`);
  }
  t.equal(readdirSync(join(directory, 'run/s')).length, ids.length + spares, 'as many sockets');

  await supervisor.stop();
  await until('the spares are gone, and they alone', () => installation.shims().length === ids.length);
  supervisor = await startSupervisor(directory, flags);
  await settled('after a stop');

  const ofTasks = new Set(installation.shims().map(({ pid }) => pid));
  await supervisor.stop();
  await until('it has stopped', () => installation.shims().length === ids.length);
  for (const { pid } of installation.shims()) ofTasks.delete(pid);
  t.equal(ofTasks.size, spares, 'those of the tasks are the same all the time');

  supervisor = await startSupervisor(directory, flags);
  await settled('once more');
  const before = new Set(installation.shims().map(({ pid }) => pid));
  for (const id of ids.splice(0)) {
    await fleet.tasks.kill({ containerId: id, signal: 9 });
    await fleet.collect(id);
    await fleet.remove(id);
  }
  await settled('without a container');
  for (const { pid } of installation.shims()) {
    t.ok(before.has(pid), 'the same spares');
    process.kill(pid, 'SIGKILL');
  }
  await until('others have come', () => installation.shims().every(({ pid }) => !before.has(pid)));
  await settled('others in their place');
  t.equal(readdirSync(join(directory, 'run/s')).length, spares, 'as many sockets');
  await fleet.collectGarbage();
  fleet.close();
  await supervisor.stop();
  await until('none is left', () => installation.shims().length === 0);
  t.same(await leaksOf(directory, namespace), {});
});
