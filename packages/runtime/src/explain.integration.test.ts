/** What `explain` says of a container that has been changed behind its configuration's back. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, rmSync } from 'node:fs';
import { syscall } from '@drydock/linux/syscall';
import t from 'tap';
import type { Explanation } from './explain/explain.ts';
import { bytesText } from './explain/text.ts';
import { type DraftSpec, Sandbox, unable } from './testing/sandbox.ts';

const sleeping = (spec: DraftSpec) => {
  spec.process.args = ['sleep', '1000'];
  delete spec.process.capabilities!.ambient;
};

t.test('a container', { skip: unable }, async (t) => {
  const sandbox = new Sandbox();
  t.teardown(() => sandbox.remove());
  // The root of a user namespace is somebody else on the host.
  chmodSync(sandbox.directory, 0o711);
  const explain = (id: string): Explanation => JSON.parse(sandbox.run(['explain', '--json', id]).stdout);
  const pidOf = (id: string): number => JSON.parse(sandbox.run(['state', id]).stdout).pid;

  const first = sandbox.id();
  t.equal(sandbox.run(['run', '-d', '-b', sandbox.bundle(sleeping), first]).code, 0);

  await t.test('as configured', async (t) => {
    const found = explain(first);
    t.same(found.differences, []);
    t.match(found.process, { pid: pidOf(first), command: ['sleep', '1000'], executable: '/bin/busybox', cwd: '/' });
    const own = found.namespaces.filter(({ ofHost }) => !ofHost).map(({ type }) => type);
    t.same(own.sort(), ['ipc', 'mount', 'network', 'pid', 'uts']);
    t.match(found.credentials, { uids: [0, 0, 0, 0], noNewPrivileges: true, seccomp: { mode: 'none', filters: 0 } });
    t.same(found.credentials.capabilities.effective, ['CAP_KILL', 'CAP_NET_BIND_SERVICE', 'CAP_AUDIT_WRITE']);
    t.same(found.credentials.rlimits.RLIMIT_NOFILE, [1024, 1024]);
    t.match(
      found.mounts.find(({ target }) => target === '/proc'),
      { type: 'proc', field: 'mounts[0]' },
    );
    t.match(
      found.mounts.find(({ target }) => target === '/proc/keys'),
      { field: 'linux.maskedPaths' },
    );
  });

  await t.test('a namespace, a pipe and a filter', async (t) => {
    const second = sandbox.id();
    const bundle = sandbox.bundle((spec) => {
      sleeping(spec);
      const path = `/proc/${pidOf(first)}/ns/net`;
      spec.linux.namespaces = spec.linux.namespaces!.map(({ type = '' }) =>
        type === 'network' ? { type, path } : { type },
      );
      spec.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['reboot'], action: 'SCMP_ACT_ERRNO' }],
      };
    });
    const ends = new Uint8Array(8);
    syscall('pipe2', [ends, 0o2000000]);
    const [read = -1, write = -1] = new Int32Array(ends.buffer);
    const [program = '', ...words] = sandbox.command;
    const child = spawn(program, [...words, '--root', sandbox.root, 'run', '-d', '-b', bundle, second], {
      stdio: ['ignore', write, 'pipe'],
    });
    await new Promise((resolve) => child.on('exit', resolve));
    const found = explain(second);
    t.same(found.differences, []);
    const network = found.namespaces.find(({ type }) => type === 'network');
    t.same(
      network?.sharedWith.map(({ container }) => container),
      [first],
    );
    t.match(found.credentials.seccomp, { mode: 'filter', filters: 1 });
    const output = found.descriptors.find(({ number }) => number === 1);
    t.match(output, { fromHost: true, access: 'write' }, 'a pipe of ours');
    t.ok(output?.heldBy.some(({ pid, container }) => pid === process.pid && container === undefined));
    t.match(
      sandbox.run(['explain', second]).stdout,
      new RegExp(`shared, with container ${first}, 1 process of the container`),
    );
    t.match(
      found.descriptors.find(({ number }) => number === 2),
      { target: /^socket:/, fromHost: true },
    );
    child.stderr?.destroy();
    for (const descriptor of [read, write]) closeSync(descriptor);
    sandbox.run(['delete', '--force', second]);
  });

  await t.test('changed', async (t) => {
    const pid = pidOf(first);
    t.equal(sandbox.run(['update', '--pids-limit', '33', '--memory', '50m', first]).code, 0);
    t.equal(spawnSync('prlimit', ['--pid', String(pid), '--nofile=99:100']).status, 0);
    const mount = ['-t', String(pid), '-m', 'mount', '-t', 'tmpfs', 'extra', '/tmp'];
    t.equal(spawnSync('nsenter', mount).status, 0);
    t.equal(spawnSync('nsenter', ['-t', String(pid), '-m', '/bin/busybox', 'umount', '/sys/firmware']).status, 0);
    const found = explain(first);
    t.equal(found.differences.length, 5);
    const by = (field: RegExp) => found.differences.find((difference) => field.test(difference.field));
    t.match(by(/pids\.max/), { configured: 'no limit of processes', actual: '33' });
    t.match(by(/memory/), { actual: String(50 << 20) });
    t.match(by(/RLIMIT_NOFILE/), { configured: '1024:1024', actual: '99:100' });
    t.match(by(/maskedPaths/), { configured: '/sys/firmware', actual: 'to be seen' });
    t.match(by(/^mounts/), { configured: 'nothing', actual: 'tmpfs extra on /tmp' });
    const { stdout } = sandbox.run(['explain', first]);
    t.match(stdout, /^ {2}≠ process\.rlimits RLIMIT_NOFILE: configured 1024:1024, actual 99:100$/m);
    t.match(stdout, /^5 differences from .*\/config\.json$/m);
  });

  await t.test('ids and devices of a user namespace', async (t) => {
    const other = sandbox.id();
    const bundle = sandbox.bundle((spec) => {
      sleeping(spec);
      spec.linux.namespaces!.push({ type: 'user' });
      spec.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }];
      spec.linux.gidMappings = spec.linux.uidMappings;
      spec.process.user = { uid: 7, gid: 8, additionalGids: [9] };
    });
    t.equal(sandbox.run(['create', '-b', bundle, other], { stdio: 'ignore' }).code, 0);
    const { credentials, differences } = explain(other);
    t.match(credentials, { uids: [7, 7, 7, 7], groups: [9], host: { uid: 100007, gid: 100008 } });
    t.same(differences, []);
    const { stdout } = sandbox.run(['explain', other]);
    t.match(stdout, /^ {2}uid 7 \(100007 on the host\), gid 8 \(100008 on the host\), groups 9,/m);
    t.match(stdout, /\/dev\/null .* # linux\.devices$/m);
    sandbox.run(['delete', '--force', other]);
  });

  await t.test('a bundle that is gone, a container that has stopped', async (t) => {
    const other = sandbox.id();
    const bundle = sandbox.bundle(sleeping);
    sandbox.run(['create', '-b', bundle, other]);
    rmSync(bundle, { recursive: true });
    t.match(sandbox.run(['explain', other]).stdout, /, created\n[\s\S]*the configuration is gone/);
    sandbox.run(['kill', other, 'KILL']);
    for (let round = 0; round < 100 && sandbox.status(other) !== 'stopped'; round++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    t.match(sandbox.run(['explain', other]), { code: 1, stderr: 'cannot explain a stopped container\n' });
    t.match(sandbox.run(['explain', 'nosuch']), { code: 1, stderr: 'container does not exist\n' });
    sandbox.run(['delete', other]);
  });

  sandbox.run(['delete', '--force', first]);
  t.same(sandbox.leftovers(), []);
});

t.test('sizes for people', async (t) => {
  const sizes = [0, 1023, 1024, 1536, 52428800, 1e13];
  t.same(sizes.map(bytesText), ['0 B', '1023 B', '1 KiB', '1.5 KiB', '50 MiB', '9.1 TiB']);
});
