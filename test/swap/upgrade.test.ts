/**
 * Our shim and runtime are replaced while containers run: those go on in the shims that they have, and do all that containers
 * do; new ones get the new programs; whether or not the supervisor is started again in between.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isAlive, parentOf } from '../../packages/linux/src/process.ts';
import { Installation } from '../support/installation.ts';
import { ctr, type Outcome, until } from '../support/run.ts';
import { findLeaks } from '../support/soak-leaks.ts';
import { busyboxArchive, type Daemon, makeDirectory, startSupervisor } from '../support/stacks.ts';

const image = 'docker.io/library/busybox:latest';
const namespace = `upgrade-${process.pid}`;

t.test('upgrade', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const directory = makeDirectory('upgrade');
  const installation = new Installation(join(directory, 'installed'));
  const start = (): Promise<Daemon> =>
    startSupervisor(directory, ['--shim', `io.containerd.runc.v2=${installation.shim}`]);
  let supervisor = await start();
  const call = (...args: string[]): Promise<Outcome> =>
    ctr({ containerd: supervisor.socket }, ['-n', namespace, ...args]);
  const states = async (): Promise<Record<string, string>> => {
    const rows = (await call('tasks', 'ls')).stdout.trim().split('\n').slice(1);
    return Object.fromEntries(rows.map((row) => row.split(/\s+/)).map(([id, , state]) => [id, state]));
  };
  const pidOf = async (id: string): Promise<number> =>
    Number(new RegExp(`^${id} +(\\d+)`, 'm').exec((await call('tasks', 'ls')).stdout)?.[1]);
  const runs = async (id: string): Promise<void> => {
    const { code, stderr } = await call(
      'run',
      '-d',
      image,
      id,
      'sh',
      '-c',
      'trap "exit 9" TERM; while sleep 0.1; do :; done',
    );
    t.equal(code, 0, `${id} runs ${stderr}`);
  };
  /** Whether the shim of a container executes what is installed. */
  const isCurrent = async (id: string): Promise<boolean | undefined> => {
    const shim = parentOf(await pidOf(id));
    return installation.shims().find(({ pid }) => pid === shim)?.isCurrent;
  };
  const hasSpare = (): Promise<void> =>
    until('there is a spare of now', async () => {
      const assigned = await Promise.all(Object.keys(await states()).map(async (id) => parentOf(await pidOf(id))));
      const spares = installation.shims().filter(({ pid }) => !assigned.includes(pid));
      return spares.length === 1 && spares[0]?.isCurrent === true;
    });
  /** All that is asked of a container, from its start on until it is gone. */
  const isUsable = async (id: string): Promise<void> => {
    const exec = (name: string, ...words: string[]) => call('tasks', 'exec', '--exec-id', name, id, ...words);
    t.match(await exec('a', 'sh', '-c', 'echo in; exit 4'), { code: 4, stdout: 'in\n' });
    t.equal((await call('tasks', 'pause', id)).code, 0);
    t.equal((await states())[id], 'PAUSED');
    t.equal((await call('tasks', 'resume', id)).code, 0);
    t.match((await call('tasks', 'metrics', id)).stdout, /memory/);
    t.match((await call('tasks', 'ps', id)).stdout, /^\d+ /m);
    t.equal((await states())[id], 'RUNNING');
    t.equal((await call('tasks', 'kill', id)).code, 0);
    await until(`${id} has ended`, async () => (await states())[id] === 'STOPPED');
    t.match(await call('tasks', 'rm', id), { code: 0, stderr: /exit code 9/ });
    t.equal((await call('containers', 'rm', id)).code, 0);
  };

  await call('images', 'import', busyboxArchive());
  for (const id of ['old1', 'old2', 'old3', 'old4']) await runs(id);
  await hasSpare();

  t.comment('while the supervisor runs');
  {
    installation.upgrade();
    const calls = installation.noteCalls();
    t.equal(await isCurrent('old1'), false);
    await runs('new1');
    t.equal(await isCurrent('new1'), true, 'not in the spare of before');
    t.match(calls(), [/ create /, / start new1/], 'by the new runtime');
    await hasSpare();
    await isUsable('old1');
    t.match(
      calls().join('\n'),
      / exec .* old1\n.* pause old1\n(.*\n)*.* delete old1/,
      'which is that of the old one too',
    );
    await isUsable('new1');
  }

  t.comment('and the supervisor is started again');
  for (const how of ['SIGKILL', 'SIGTERM'] as const) {
    const before = await states();
    if (how === 'SIGKILL') process.kill(supervisor.pid, how);
    await supervisor.stop();
    installation.upgrade();
    supervisor = await start();
    t.same(await states(), before, how);
    await hasSpare();
    await runs(`new-${how}`);
    t.equal(await isCurrent(`new-${how}`), true);
  }
  t.equal(await isCurrent('new-SIGKILL'), false, 'it has been upgraded since');
  await isUsable('old2');
  await isUsable('new-SIGKILL');
  await isUsable('new-SIGTERM');

  t.comment('a shim of before that dies is cleaned up behind by the new one');
  {
    const container = await pidOf('old3');
    process.kill(parentOf(container)!, 'SIGKILL');
    await until('the task is gone', async () => !('old3' in (await states())));
    await until('the container has ended', () => !isAlive(container));
    t.equal((await call('containers', 'rm', 'old3')).code, 0);
  }

  t.comment('in the end');
  {
    t.equal((await call('tasks', 'rm', '-f', 'old4')).code, 0);
    t.equal((await call('containers', 'rm', 'old4')).code, 0);
    await hasSpare();
    t.equal(installation.shims().length, 1, 'no shim is left but the spare');
    // This has all removed that nothing refers to.
    await call('leases', 'create', '--id', 'last');
    await call('leases', 'delete', '--sync', 'last');
    await supervisor.stop();
    await until('it has ended as well', () => installation.shims().length === 0);
    const log = readFileSync(join(directory, 'supervisor.log'), 'utf8');
    t.notMatch(log, /does not answer|"level":"(error|fatal)"/);
    const leaks = await findLeaks(directory, namespace);
    t.same(
      Object.entries(leaks).filter(([, names]) => names.length > 0),
      [],
    );
  }
});
