import t from 'tap';
import { cgroupDirectory, cleanPath, parseHierarchies } from './hierarchies.ts';

const hybrid = {
  mountinfo: `30 1 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`,
  cgroup: '5:name=systemd:/init\n4:memory:/group/a\n3:cpu,cpuacct:/\n2:pids:/\n0::/init\n',
};

t.test('hybrid machines have version 1', async (t) => {
  const { version, list } = parseHierarchies(hybrid.mountinfo, hybrid.cgroup);
  t.equal(version, 1);
  t.same(
    list.map(({ name, mountPoint, own }) => [name, mountPoint, own]),
    [
      ['name=systemd', '/sys/fs/cgroup/systemd', '/init'],
      ['memory', '/sys/fs/cgroup/memory', '/group/a'],
      ['cpu', '/sys/fs/cgroup/cpu,cpuacct', '/'],
      ['cpuacct', '/sys/fs/cgroup/cpu,cpuacct', '/'],
      ['', '/sys/fs/cgroup/unified', '/init'],
    ],
    'pids is mounted nowhere',
  );
});

t.test('version 2', async (t) => {
  const { version, list } = parseHierarchies(
    '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
    '0::/user.slice\n',
  );
  t.equal(version, 2);
  t.equal(cgroupDirectory(list[0]!, '/docker/x'), '/sys/fs/cgroup/docker/x');
  t.equal(cgroupDirectory(list[0]!, 'x'), '/sys/fs/cgroup/user.slice/x');
});

t.test('paths stay below the mount point', async (t) => {
  const memory = parseHierarchies(hybrid.mountinfo, hybrid.cgroup).list[1]!;
  t.equal(cgroupDirectory(memory, '/x'), '/sys/fs/cgroup/memory/x');
  t.equal(cgroupDirectory(memory, 'x'), '/sys/fs/cgroup/memory/group/a/x');
  t.equal(cgroupDirectory(memory, '/../../etc'), '/sys/fs/cgroup/memory/etc');
  t.equal(cgroupDirectory(memory, '../../../x'), '/sys/fs/cgroup/memory/group/a/x');
  t.equal(cgroupDirectory({ ...memory, root: '/group' }, 'x'), '/sys/fs/cgroup/memory/a/x', 'in a cgroup namespace');
  t.equal(cleanPath('/a//./b/../c/'), '/a/c');
});
