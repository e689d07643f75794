/** The runtime under the programs that call runc: containerd's own shim, and podman with conmon. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Sandbox, unable } from './testing/sandbox.ts';

const missing = (...programs: string[]) =>
  programs.find((program) => spawnSync(program, ['--version']).error) && `needs ${programs.join(', ')}`;

/** One executable, as callers want it. */
function executable(sandbox: Sandbox): string {
  const path = join(sandbox.directory, 'drydock-runtime');
  writeFileSync(path, `#!/bin/sh\nexec ${sandbox.command.join(' ')} "$@"\n`, { mode: 0o755 });
  return path;
}

const noContainerd = missing('containerd', 'ctr', 'containerd-shim-runc-v2');

t.test("containerd's shim", { skip: unable || noContainerd }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const socket = join(sandbox.directory, 'containerd.sock');
  const daemon = await startContainerd(sandbox.directory, socket);
  t.teardown(() => end(daemon));
  const runcRoot = join(sandbox.directory, 'runc');
  const ctr = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('ctr', ['-a', socket, ...args], { encoding: 'utf8', timeout: 60_000 });
    return { status, stdout, stderr };
  };
  const flags = ['--runc-binary', executable(sandbox), '--runc-root', runcRoot, '--rootfs'];

  await t.test('run answers output and exit code', async (t) => {
    const id = sandbox.id();
    const result = ctr('run', '--rm', ...flags, sandbox.rootfs, id, '/bin/sh', '-c', 'echo hi; exit 3');
    t.match(result, { status: 3, stdout: 'hi\n' });
  });

  await t.test('a missing command is an error of create', async (t) => {
    const { status, stderr } = ctr('run', '--rm', ...flags, sandbox.rootfs, sandbox.id(), 'nosuch');
    t.equal(status, 1);
    t.match(
      stderr,
      /OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuch": executable file not found in \$PATH/,
    );
  });

  await t.test('exec, pause, resume, kill', async (t) => {
    const id = sandbox.id();
    t.equal(ctr('run', '-d', ...flags, sandbox.rootfs, id, '/bin/sleep', '100').status, 0);
    t.match(ctr('tasks', 'ls').stdout, new RegExp(`${id}\\s+\\d+\\s+RUNNING`));
    const exec = ctr('tasks', 'exec', '--exec-id', 'e', id, '/bin/sh', '-c', 'echo in; exit 5');
    t.match(exec, { status: 5, stdout: 'in\n' });
    t.equal(ctr('tasks', 'pause', id).status, 0);
    t.match(ctr('tasks', 'ls').stdout, /PAUSED/);
    t.equal(ctr('tasks', 'resume', id).status, 0);
    t.match(ctr('tasks', 'metrics', id).stdout, /pids\.current/);
    t.match(ctr('tasks', 'ps', id).stdout, /^\d+ +-/m);
    t.equal(ctr('tasks', 'kill', '-s', 'KILL', id).status, 0);
    await until(() => /STOPPED/.test(ctr('tasks', 'ls').stdout));
    t.match(ctr('tasks', 'rm', id), { status: 0, stderr: /exit code 137/ });
    t.equal(ctr('containers', 'rm', id).status, 0);
  });

  await end(daemon);
  t.same(sandbox.leftovers(), []);
});

const noPodman = missing('podman', 'conmon');

t.test('podman', { skip: unable || noPodman }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const global = [
    ...['--root', join(sandbox.directory, 'storage'), '--runroot', join(sandbox.directory, 'run')],
    ...['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
    ...['--tmpdir', join(sandbox.directory, 'podman'), '--runtime', executable(sandbox)],
  ];
  const podman = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('podman', [...global, ...args], { encoding: 'utf8', timeout: 60_000 });
    return { status, stdout, stderr };
  };
  // podman raises these limits, which takes CAP_SYS_RESOURCE.
  const flags = ['--network', 'none', '--ulimit', 'nofile=512:512', '--ulimit', 'nproc=512:512', '--rootfs'];

  t.match(podman('run', '--rm', ...flags, sandbox.rootfs, '/bin/sh', '-c', 'echo hi; exit 3'), {
    status: 3,
    stdout: 'hi\n',
  });
  t.match(podman('run', '--rm', ...flags, sandbox.rootfs, 'nosuch'), {
    status: 127,
    stderr: /executable file not found in \$PATH/,
  });
  const name = sandbox.id();
  t.equal(podman('run', '-d', '--name', name, ...flags, sandbox.rootfs, '/bin/sleep', '100').status, 0);
  t.match(podman('exec', name, '/bin/sh', '-c', 'echo in; exit 4'), { status: 4, stdout: 'in\n' });
  t.match(podman('exec', name, 'nosuch'), { status: 127 });
  t.equal(podman('pause', name).status, 0);
  t.equal(podman('unpause', name).status, 0);
  t.match(podman('stats', '--no-stream', '--format', '{{.PIDS}}', name), { status: 0, stdout: '1\n' });
  t.equal(podman('kill', '--signal', 'CONT', name).status, 0);
  t.equal(podman('stop', '--time', '0', name).status, 0);
  t.match(podman('ps', '-a', '--format', '{{.Status}}').stdout, /^Exited \(137\)/);
  t.equal(podman('rm', name).status, 0);
  t.same(sandbox.leftovers(), []);
});

async function startContainerd(directory: string, socket: string): Promise<ChildProcess> {
  mkdirSync(join(directory, 'containerd'));
  const config = join(directory, 'config.toml');
  writeFileSync(
    config,
    `version = 2
root = "${directory}/containerd/root"
state = "${directory}/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${socket}"
`,
  );
  const daemon = spawn('containerd', ['--config', config], { stdio: 'ignore' });
  await until(() => existsSync(socket) && spawnSync('ctr', ['-a', socket, 'version']).status === 0);
  return daemon;
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  daemon.kill();
  await new Promise((resolve) => daemon.on('exit', resolve));
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 100 && !condition(); round++) await new Promise((resolve) => setTimeout(resolve, 100));
}
