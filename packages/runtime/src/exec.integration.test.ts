import { closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { receiveDescriptors } from '@drydock/linux/descriptor-message';
import { acceptUnix, listenUnix } from '@drydock/linux/socket';
import { syscall } from '@drydock/linux/syscall';
import t from 'tap';
import { Sandbox, unable } from './testing/sandbox.ts';

t.test('exec', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  const id = sandbox.id();
  const bundle = sandbox.bundle((spec) => {
    spec.process.args = ['sleep', '1000'];
    spec.hostname = 'host';
    spec.linux.resources = { ...spec.linux.resources, pids: { limit: 50 } };
    spec.linux.seccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }],
    };
  });
  t.match(sandbox.run(['run', '-d', '-b', bundle, id]), { code: 0 });
  const exec = (...args: string[]) => sandbox.run(['exec', ...args]);

  await t.test('joins the namespaces and cgroups', async (t) => {
    const { pid } = JSON.parse(sandbox.run(['state', id]).stdout);
    const script = 'hostname; for n in pid net ipc uts mnt; do readlink /proc/self/ns/$n; done; cat /proc/self/cgroup';
    const own = exec(id, '/bin/sh', '-c', script).stdout;
    const { readlinkSync } = await import('node:fs');
    const namespaces = ['pid', 'net', 'ipc', 'uts', 'mnt'].map((name) => readlinkSync(`/proc/${pid}/ns/${name}`));
    t.equal(own, `host\n${namespaces.join('\n')}\n${readFileSync(`/proc/${pid}/cgroup`, 'utf8')}`);
  });

  await t.test('answers exit codes and signals', async (t) => {
    t.equal(exec(id, 'sh', '-c', 'exit 7').code, 7);
    t.equal(exec(id, 'sh', '-c', 'kill -9 $$').code, 137);
  });

  await t.test('flags change the process', async (t) => {
    const flags = ['--user', '1000:1001', '--cwd', '/tmp', '-e', 'A=b', '-e', 'C=d', '--cap', 'CAP_CHOWN'];
    const { stdout } = exec(
      ...flags,
      id,
      'sh',
      '-c',
      'id; pwd; echo $A $C $HOME; grep CapBnd /proc/self/status; mkdir /tmp/x',
    );
    t.equal(
      stdout,
      'uid=1000(user) gid=1001 groups=1001\n/tmp\nb d /home/user\nCapBnd:\t0000000020000421\n'.replace(
        ' groups=1001',
        /( groups=\d+)?\n/.exec(stdout)![1] ?? '',
      ),
    );
    t.match(exec(id, 'mkdir', '/x').stderr, /Operation not permitted/, "the container's seccomp filter holds");
  });

  await t.test('a process file, detached, with a pid file', async (t) => {
    const [file, pidFile, out] = ['process.json', 'exec.pid', 'out'].map((name) => join(sandbox.directory, name)) as [
      string,
      string,
      string,
    ];
    const process = {
      args: ['sh', '-c', 'echo $X; exec sleep 50'],
      env: ['PATH=/bin', 'X=y'],
      cwd: '/',
      user: { uid: 0, gid: 0 },
    };
    writeFileSync(file, JSON.stringify(process));
    const { openSync } = await import('node:fs');
    const descriptor = openSync(out, 'w');
    const result = sandbox.run(['exec', '--process', file, '--detach', '--pid-file', pidFile, id], {
      stdio: ['ignore', descriptor, descriptor],
    });
    closeSync(descriptor);
    t.equal(result.code, 0);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    t.ok(JSON.parse(sandbox.run(['ps', '-f', 'json', id]).stdout).includes(pid));
    while (readFileSync(out, 'utf8') === '') await new Promise((r) => setTimeout(r, 10));
    t.equal(readFileSync(out, 'utf8'), 'y\n');
    t.equal(sandbox.run(['kill', '--all', id, '0']).code, 0);
    rmSync(pidFile);
  });

  await t.test('errors', async (t) => {
    const errors: readonly (readonly [args: string[], code: number, text: string | RegExp])[] = [
      [
        [id, 'nosuch'],
        255,
        'exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH\n',
      ],
      [
        [id, '/etc/passwd'],
        255,
        'exec failed: unable to start container process: exec: "/etc/passwd": permission denied: it has no execute bit\n',
      ],
      [
        [id, '/nope'],
        255,
        'exec failed: unable to start container process: exec: "/nope": stat /nope: no such file or directory\n',
      ],
      [
        ['--cwd', '/nope', id, 'true'],
        255,
        /chdir to cwd \("\/nope"\) set in config.json failed: no such file or directory\n$/,
      ],
      [['--user', 'foo', id, 'true'], 255, /parsing foo as int for uid failed/],
      [['--user', '1x', id, 'true'], 255, /parsing 1x as int for uid failed/],
      [[id], 255, 'exec failed: process args cannot be empty\n'],
      [['nosuchid', 'true'], 255, 'exec failed: container does not exist\n'],
      [['-d', '-t', id, 'true'], 255, /cannot allocate tty if runc will detach without setting console socket/],
      [
        ['--pid-file', '/nosuch/pid', id, 'sleep', '1'],
        255,
        'exec failed: open /nosuch/.pid: no such file or directory\n',
      ],
    ];
    for (const [args, code, stderr] of errors) t.match(exec(...args), { code, stderr }, args.join(' '));
    t.equal(exec(id, 'nosuch').log.at(-1)?.msg, exec(id, 'nosuch').stderr.trim());
  });

  await t.test('a descriptor of the process for the caller', async (t) => {
    const socket = join(sandbox.directory, 'pidfd.sock');
    const listener = listenUnix(socket);
    t.teardown(() => closeSync(listener));
    t.equal(exec('--pidfd-socket', socket, '--detach', id, 'sleep', '50').code, 0);
    const connection = acceptUnix(listener);
    const { data, descriptors } = receiveDescriptors(connection);
    t.equal(data.toString(), 'setns');
    const [process = -1] = descriptors;
    const fields = readFileSync(`/proc/self/fdinfo/${process}`, 'utf8');
    const pid = Number(/^Pid:\s*(\d+)$/m.exec(fields)?.[1]);
    t.equal(readFileSync(`/proc/${pid}/cmdline`, 'latin1'), 'sleep\x0050\0');
    syscall('pidfd_send_signal', [process, 9, null, 0]);
    for (const descriptor of [process, connection]) closeSync(descriptor);
  });

  await t.test('a script whose interpreter is missing', async (t) => {
    writeFileSync(join(sandbox.rootfs, 'script'), '#!/bin/nosuch\n', { mode: 0o755 });
    const text = 'exec /script: no such file or directory: the script\'s interpreter "/bin/nosuch" is missing\n';
    t.match(exec(id, '/script'), { code: 127, stderr: text });
    const run = sandbox.run(['run', '-b', sandbox.bundle((spec) => (spec.process.args = ['/script'])), sandbox.id()]);
    t.match(run, { code: 127, stderr: text });
  });

  t.match(sandbox.run(['kill', id, 'KILL']), { code: 0 });
  while (sandbox.status(id) !== 'stopped') await new Promise((r) => setTimeout(r, 10));
  t.match(exec(id, 'true'), { code: 255, stderr: 'exec failed: cannot exec in a stopped container\n' });
  sandbox.run(['delete', '--force', id]);
  t.same(sandbox.leftovers(), []);
});
