/** The real dockerd, containerd and podman checkpoint and restore containers with our runtime, on a kernel that criu knows. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ctr, docker, leftovers, type Outcome, run, until } from '../support/run.ts';
import { bin, busyboxArchive, makeDirectory, startContainerd, startReal, startSupervisor } from '../support/stacks.ts';

const runtime = join(bin, 'drydock-runtime');

/** Why a test that needs these programs cannot run here, if it cannot. */
function unable(...programs: readonly string[]): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = programs.find((program) => spawnSync(program, ['--version']).error);
  if (missing) return `needs ${missing}`;
  const { status, stderr } = spawnSync('criu', ['check'], { timeout: 60_000, encoding: 'utf8' });
  return status !== 0 && `criu refuses this machine: ${stderr?.split('\n')[0] ?? 'it is not there'}`;
}

/** Counts in its memory, and says so: had it been started anew, it would begin with 1 again. */
const counting = ['sh', '-c', 'n=0; while true; do n=$((n + 1)); echo $n; echo $n > /count; sleep 0.2; done'];

/** Lines of a log, as numbers. */
const numbers = (log: string) => log.trim().split('\n').map(Number);

/** That a command has worked; what it complained of is shown otherwise. */
const works = (t: Test, { code, stdout, stderr }: Outcome, what: string) =>
  t.equal(code, 0, `${what} ${code === 0 ? '' : stdout + stderr}`);

t.test(
  'docker checkpoint and docker start --checkpoint',
  { skip: unable('docker', 'dockerd', 'containerd', 'criu') },
  async (t) => {
    const real = await startReal({ runtime, flags: ['--experimental', '--exec-opt', 'native.cgroupdriver=cgroupfs'] });
    t.teardown(() => real.stop());
    const count = async () => numbers((await docker(real, ['logs', 'c1'])).stdout);
    const state = async () => (await docker(real, ['inspect', '-f', '{{.State.Status}}', 'c1'])).stdout.trim();
    works(t, await docker(real, ['load', '-i', busyboxArchive()]), 'load');
    const flags = ['--runtime', 'drydock', '--network', 'none', '--security-opt', 'seccomp=unconfined'];
    works(t, await docker(real, ['run', '-d', '--name', 'c1', ...flags, 'busybox', ...counting]), 'run');
    await until('it counts', async () => (await count()).length > 5);
    works(t, await docker(real, ['checkpoint', 'create', 'c1', 'first']), 'checkpoint create');
    await until('it is exited', async () => (await state()) === 'exited');
    t.match(await docker(real, ['checkpoint', 'ls', 'c1']), { stdout: /^first\s*$/m });
    const before = (await count()).length;
    works(t, await docker(real, ['start', '--checkpoint', 'first', 'c1']), 'start --checkpoint');
    t.equal(await state(), 'running');
    await until('it goes on', async () => (await count()).length > before + 3);
    const counted = await count();
    const expected = counted.map((_, index) => index + 1);
    t.same(counted, expected, 'it counts on from where it was, into the same log');
    works(t, await docker(real, ['exec', 'c1', 'true']), 'exec');
    works(t, await docker(real, ['rm', '-f', 'c1']), 'rm');
    await real.stop();
    t.same(leftovers(real.directory), []);
  },
);

/** Supervisors with our shim; dockerd above has containerd's. */
const supervisors = {
  'containerd with our shim': { start: startContainerd, flags: ['--runtime', 'io.containerd.drydock.v2'] },
  'our supervisor with our shim': { start: startSupervisor, flags: [] },
};

for (const [name, { start, flags }] of Object.entries(supervisors))
  t.test(`ctr containers checkpoint and restore: ${name}`, { skip: unable('ctr', 'containerd', 'criu') }, async (t) => {
    const directory = makeDirectory('checkpoint');
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    const daemon = await start(directory);
    t.teardown(() => daemon.stop());
    const real = (...args: string[]) => ctr({ containerd: daemon.socket }, args);
    const count = async (id: string) =>
      Number((await real('tasks', 'exec', '--exec-id', 'count', id, 'cat', '/count')).stdout);
    const remove = async (id: string) => {
      works(t, await real('tasks', 'kill', '-s', 'KILL', id), 'kill');
      await until('it ends', async () => /STOPPED/.test((await real('tasks', 'ls')).stdout));
      t.match(await real('tasks', 'rm', id), { stderr: /exit code 137/ });
      works(t, await real('containers', 'rm', id), 'rm');
    };
    works(t, await real('images', 'import', busyboxArchive()), 'import');
    works(
      t,
      await real('run', '-d', '--null-io', ...flags, 'docker.io/library/busybox:latest', 'c', ...counting),
      'run',
    );
    await until('it counts', async () => (await count('c')) > 5);
    const before = await count('c');
    works(t, await real('containers', 'checkpoint', '--image', '--rw', '--task', 'c', 'kept:latest'), 'checkpoint');
    t.match(await real('tasks', 'ls'), { stdout: /^c\s+\d+\s+RUNNING/m }, 'it is left running');
    await remove('c');
    works(t, await real('containers', 'restore', '--rw', '--live', 'd', 'kept:latest'), 'restore');
    t.match(await real('tasks', 'ls'), { stdout: /^d\s+\d+\s+RUNNING/m });
    await until('it goes on', async () => (await count('d')) > before);
    await remove('d');
    await daemon.stop();
    await until('nothing is left', () => leftovers(directory).length === 0);
  });

t.test('podman container checkpoint and restore', { skip: unable('podman', 'conmon', 'criu') }, async (t) => {
  const directory = makeDirectory('podman');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const global = [
    ...['--root', join(directory, 'storage'), '--runroot', join(directory, 'run'), '--tmpdir', join(directory, 'tmp')],
    ...['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--runtime', runtime],
  ];
  const podman = (...args: string[]) => run('podman', [...global, ...args]);
  const count = async () => numbers((await podman('logs', 'c')).stdout);
  works(t, await podman('load', '-i', busyboxArchive()), 'load');
  const flags = ['--network', 'none', '--security-opt', 'seccomp=unconfined', '--log-driver', 'k8s-file'];
  works(t, await podman('run', '-d', '--name', 'c', ...flags, 'busybox', ...counting), 'run');
  await until('it counts', async () => (await count()).length > 5);
  works(t, await podman('container', 'checkpoint', 'c'), 'checkpoint');
  t.match(await podman('ps', '-a', '--format', '{{.Status}}'), { stdout: /^Exited/ });
  const before = (await count()).length;
  works(t, await podman('container', 'restore', 'c'), 'restore');
  await until('it goes on', async () => (await count()).length > before + 3);
  const counted = await count();
  const expected = counted.map((_, index) => index + 1);
  t.same(counted, expected, 'it counts on from where it was, into the same log');
  works(t, await podman('exec', 'c', 'true'), 'exec');
  works(t, await podman('rm', '-f', '-t', '0', 'c'), 'rm');
  await until('nothing is left', () => leftovers(directory).length === 0);
});
