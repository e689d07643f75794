import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CgroupError } from './cgroup.ts';
import { writeEach } from './directories.ts';
import { settingsV1 } from './settings-v1.ts';
import { CgroupV1 } from './v1.ts';
import { CgroupV2 } from './v2.ts';

const top = mkdtempSync(join(tmpdir(), 'drydock-cgroups-'));
t.teardown(() => rmSync(top, { recursive: true }));

/** A directory with files as the kernel would make them. */
function directory(path: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(top, path), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(top, path, name), text);
  return join(top, path);
}

t.test('version 1 writes each limit to its controller', async (t) => {
  directory('cpuset', { 'cpuset.cpus': '0-3\n', 'cpuset.mems': '0\n' });
  const paths = {
    memory: directory('memory/c', {
      'memory.limit_in_bytes': '',
      'cgroup.procs': '',
      'memory.oom_control': 'oom_kill 2\n',
    }),
    cpu: directory('cpu/c', { 'cpu.shares': '' }),
    devices: directory('devices/c', { 'devices.deny': '', 'devices.allow': '', 'cgroup.procs': '5\n6\n' }),
    cpuset: directory('cpuset/c', { 'cpuset.cpus': '\n', 'cpuset.mems': '\n' }),
    freezer: directory('freezer/c', { 'freezer.state': 'THAWED\n' }),
  };
  directory('devices/c/below', { 'cgroup.procs': '7\n' });
  const read = (path: string) => readFileSync(join(top, path), 'utf8').trim();
  const cgroup = new CgroupV1(paths);
  cgroup.create();
  t.equal(read('cpuset/c/cpuset.cpus'), '0-3', 'a CPU set has what its parent has');
  cgroup.limit({ memory: { limit: 1000 }, cpu: { shares: 7 } });
  t.equal(read('memory/c/memory.limit_in_bytes'), '1000');
  t.equal(read('cpu/c/cpu.shares'), '7');
  cgroup.allowDevices([{ allow: false }, { allow: true, type: 'c', major: 1, minor: 3 }]);
  t.equal(read('devices/c/devices.deny'), 'a *:* rwm');
  t.equal(read('devices/c/devices.allow'), 'c 1:3 rwm');
  t.same(cgroup.processes(), [5, 6, 7], 'with those of cgroups below');
  t.equal(cgroup.oomKills(), 2);
  cgroup.freeze();
  t.equal(cgroup.isFrozen(), true);
  cgroup.thaw();
  t.equal(cgroup.isFrozen(), false);
  t.throws(
    () => cgroup.limit({ pids: { limit: 5 } }),
    /cannot set pids limit: container could not join or create cgroup/,
  );
  t.throws(
    () => cgroup.limit({ memory: { reservation: 5 } }),
    /open .*memory.soft_limit_in_bytes: no such file or directory/,
  );
});

t.test('version 2 makes the controllers available on the way down', async (t) => {
  const mount = directory('v2', { 'cgroup.controllers': 'cpu memory\n', 'cgroup.subtree_control': '' });
  directory('v2/slice', { 'cgroup.controllers': 'memory\n', 'cgroup.subtree_control': '' });
  const path = directory('v2/slice/c', {
    'memory.max': '',
    'cgroup.freeze': '0\n',
    'cgroup.events': 'populated 1\nfrozen 1\n',
  });
  const cgroup = new CgroupV2(path, mount);
  cgroup.create();
  t.equal(readFileSync(join(top, 'v2/slice/cgroup.subtree_control'), 'utf8'), '+memory');
  cgroup.limit({ memory: { limit: 5000 } });
  t.equal(readFileSync(join(path, 'memory.max'), 'utf8'), '5000');
  cgroup.freeze();
  t.equal(cgroup.isFrozen(), true);
});

t.test('directories are made, and removed with those below', async (t) => {
  const cgroup = new CgroupV2(join(top, 'fresh/a/b'), top);
  cgroup.create();
  t.ok(existsSync(join(top, 'fresh/a/b')));
  cgroup.remove();
  t.notOk(existsSync(join(top, 'fresh/a/b')));
  t.same(cgroup.processes(), [], 'a cgroup that is gone has none');
  cgroup.remove();
});

t.test('version 2 refuses a limit below what is in use, if that is asked for', async (t) => {
  const path = directory('used', { 'memory.current': '5000\n', 'memory.max': '', 'memory.swap.max': '' });
  const cgroup = new CgroupV2(path, top);
  const memory = { limit: 4000, swap: 9000, checkBeforeUpdate: true };
  t.throws(() => cgroup.limit({ memory }), /rejecting memory limit 4000 <= usage 5000/);
  t.throws(
    () => cgroup.limit({ memory: { ...memory, swap: 4500 } }),
    /rejecting memory\+swap limit 4500 <= usage 5000/,
  );
  cgroup.limit({ memory: { ...memory, checkBeforeUpdate: false } });
  t.equal(readFileSync(join(path, 'memory.max'), 'utf8'), '4000');
});

t.test('a file of version 2 that is missing', async (t) => {
  const cgroup = new CgroupV2(directory('unified', { 'cgroup.controllers': 'memory\n' }), top);
  t.throws(
    () => cgroup.limit({ unified: { 'misc.max': '1' } }),
    /unified resource "misc.max" can't be set: controller "misc" not available/,
  );
  t.throws(
    () => cgroup.limit({ unified: { 'memory.foo': '1' } }),
    /unable to set unified resource "memory.foo": open .*memory.foo: no such file or directory/,
  );
});

t.test('a period that is refused waits for the quota', async (t) => {
  const written: string[] = [];
  const settings = settingsV1({ cpu: { period: 1000, quota: 5000 } });
  writeEach(settings, ({ file }) => {
    written.push(file);
    if (written.length === 1) throw new CgroupError('invalid argument', 'cpu');
  });
  t.same(written, ['cpu.cfs_period_us', 'cpu.cfs_quota_us', 'cpu.cfs_period_us']);
});
