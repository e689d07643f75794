/** Namespaces: new, shared, joined; user namespaces and what is in them; time and cgroup namespaces (config-linux.md). */
import { chmodSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Bench, joinNamespace, testFeature, withUserNamespace } from './support.ts';

const files = { pid: 'pid', network: 'net', ipc: 'ipc', uts: 'uts', mount: 'mnt', user: 'user', cgroup: 'cgroup' };
type Type = keyof typeof files;
const own = (type: Type) => readlinkSync(`/proc/self/ns/${files[type]}`);
const show = (...types: Type[]) => types.map((type) => `readlink /proc/self/ns/${files[type]}`).join('; ');
const without = (type: string) => (spec: DraftSpec) => {
  spec.linux.namespaces = spec.linux.namespaces!.filter((each) => each.type !== type);
};

/** Starts a container, and another one that joins namespaces of it. */
function joining(types: readonly Type[], edit: (spec: DraftSpec) => void = () => {}) {
  return (t: Test, bench: Bench): void => {
    const { id, pid } = bench.start(bench.sandbox.script('sleep 100', edit));
    try {
      const bundle = bench.sandbox.script(`${show(...types)}; id -u`, (spec) => {
        edit(spec);
        for (const type of types) joinNamespace(spec, type, `/proc/${pid}/ns/${files[type]}`);
      });
      const { code, stdout, stderr } = bench.run(bundle);
      t.equal(code, 0, stderr);
      t.equal(stdout, `${types.map((type) => `${readlinkSync(`/proc/${pid}/ns/${files[type]}`)}\n`).join('')}0\n`);
    } finally {
      bench.stop(id);
    }
  };
}

testFeature('namespaces', [
  ...(['pid', 'network', 'ipc', 'uts', 'mount'] as const).map((type) => ({
    name: `a new ${type} namespace`,
    batch: 'new',
    script: `test $(${show(type)}) != '${own(type)}'`,
  })),
  ...(['pid', 'network', 'ipc', 'uts'] as const).map((type) => ({
    name: `the host's ${type} namespace`,
    batch: "the host's",
    script: show(type),
    edit: (spec: DraftSpec) => {
      without(type)(spec);
      if (type === 'uts') delete spec.hostname;
    },
    prints: `${own(type)}\n`,
  })),
  {
    name: 'a new cgroup namespace shows the cgroup as the root',
    edit: (spec) => spec.linux.namespaces!.push({ type: 'cgroup' }),
    script: 'grep -v ":/$" /proc/self/cgroup; cat /proc/1/cgroup | grep -c ":/$" > /dev/null',
    prints: /^$/,
  },
  { name: 'process 1 of its PID namespace', batch: 'new', script: 'echo $$', prints: '1\n' },
  { name: 'the loopback interface is up', batch: 'new', script: 'cat /sys/class/net/lo/flags', prints: '0x9\n' },
  { name: 'joined: network', act: joining(['network']) },
  { name: 'joined: PID', act: joining(['pid']) },
  { name: 'joined: ipc and uts', act: joining(['ipc', 'uts'], (spec) => delete spec.hostname) },
  { name: 'joined: user', act: joining(['user'], withUserNamespace) },
  { name: 'joined: user, network, PID, ipc', act: joining(['user', 'network', 'pid', 'ipc'], withUserNamespace) },
  {
    name: 'a new user namespace with the network of another',
    notCrun: 'with crun 1.8 the masks of /sys/firmware would be seen on the host, which then has no new sysfs to give',
    act: (t, bench) => {
      const { id, pid } = bench.start(bench.sandbox.script('sleep 100'));
      try {
        const bundle = bench.sandbox.script(`${show('network')}; id -u`, (spec) => {
          withUserNamespace(spec);
          joinNamespace(spec, 'network', `/proc/${pid}/ns/net`);
          // The kernel lets only the owner of the network namespace have a new sysfs.
          spec.mounts = spec
            .mounts!.map((mount) =>
              mount.destination === '/sys'
                ? {
                    destination: '/sys',
                    type: 'bind',
                    source: '/sys',
                    options: ['rbind', 'nosuid', 'nodev', 'noexec', 'ro'],
                  }
                : mount,
            )
            .filter(({ type }) => type !== 'cgroup');
        });
        const { code, stdout, stderr } = bench.run(bundle);
        t.equal(code, 0, stderr);
        t.equal(stdout, `${readlinkSync(`/proc/${pid}/ns/net`)}\n0\n`);
      } finally {
        bench.stop(id);
      }
    },
  },
  {
    name: 'user: the ids are mapped',
    edit: withUserNamespace,
    script: 'cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g',
    prints: /^\s+0\s+100000\s+65536\n\s+0\s+100000\s+65536\n0\n0\n$/,
  },
  {
    name: 'user: several ranges, a user that is not root',
    edit: (spec) => {
      withUserNamespace(spec);
      const mappings = [
        { containerID: 0, hostID: 200000, size: 1000 },
        { containerID: 1000, hostID: 300000, size: 1000 },
      ];
      Object.assign(spec.linux, { uidMappings: mappings, gidMappings: mappings });
      spec.process.user = { uid: 1001, gid: 1002, additionalGids: [1003] };
    },
    script: 'id; cat /proc/self/uid_map | wc -l',
    prints: /^uid=1001 gid=1002 groups=1003\n2\n$/,
  },
  {
    name: 'user: every namespace is its own',
    edit: (spec) => {
      withUserNamespace(spec);
      spec.process.capabilities = Object.fromEntries(
        ['bounding', 'effective', 'permitted'].map((set) => [set, ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN']]),
      );
    },
    script: 'hostname changed && hostname && mount -t tmpfs none /tmp && grep -c " /tmp " /proc/self/mountinfo',
    prints: 'changed\n1\n',
  },
  {
    name: 'user: devices are those of the host',
    edit: withUserNamespace,
    script: 'stat -c %t:%T /dev/null /dev/zero; echo x > /dev/null; grep -c " /dev/null " /proc/self/mountinfo',
    prints: '1:3\n1:5\n1\n',
  },
  {
    name: 'user: exec is in it',
    act: (t, bench) => {
      const { id, pid } = bench.start(bench.sandbox.script('sleep 100', withUserNamespace));
      try {
        const { code, stdout, stderr } = bench.exec(
          id,
          'sh',
          '-c',
          `${show('user', 'pid')}; id -u; cat /proc/self/uid_map`,
        );
        t.equal(code, 0, stderr);
        const links = (['user', 'pid'] as const).map((type) => `${readlinkSync(`/proc/${pid}/ns/${type}`)}\n`);
        t.match(stdout, `${links.join('')}0\n`);
        t.match(stdout, /\s+0\s+100000\s+65536\n$/);
      } finally {
        bench.stop(id);
      }
    },
  },
  {
    name: 'user: a bind mount from a directory that is closed to it',
    edit: (spec, sandbox) => {
      withUserNamespace(spec);
      const closed = `${sandbox.directory}/closed`;
      mkdirSync(`${closed}/open`, { recursive: true });
      chmodSync(closed, 0o700);
      writeFileSync(`${closed}/open/file`, 'seen\n');
      spec.mounts!.push({ destination: '/tmp', type: 'bind', source: `${closed}/open`, options: ['bind', 'ro'] });
    },
    script: 'cat /tmp/file; touch /tmp/x 2>/dev/null || echo read-only',
    prints: 'seen\nread-only\n',
  },
  {
    name: 'user: a terminal',
    edit: withUserNamespace,
    script: 'test -c /dev/ptmx && ls -ld /dev/pts | cut -c1-10',
    prints: 'drwxr-xr-x\n',
  },
  {
    name: 'user: cgroups in a cgroup namespace',
    edit: (spec) => {
      withUserNamespace(spec);
      spec.linux.namespaces!.push({ type: 'cgroup' });
    },
    script: 'grep -q cgroup /proc/self/mountinfo && ls /sys/fs/cgroup | wc -l | grep -v "^0$" > /dev/null',
  },
  {
    name: 'time: offsets of both clocks',
    notCrun: 'crun 1.8 knows an annotation in place of timeOffsets',
    notRunc: 'runc 1.1 has no time namespaces',
    edit: (spec) => {
      spec.linux.namespaces!.push({ type: 'time' });
      spec.linux.timeOffsets = { boottime: { secs: 86400 }, monotonic: { secs: 3600, nanosecs: 500 } };
    },
    script: 'cat /proc/self/timens_offsets; test $(cut -d. -f1 /proc/uptime) -ge 86400 && echo later',
    prints: /^monotonic\s+3600\s+500\nboottime\s+86400\s+0\nlater\n$/,
  },
  {
    name: 'time: in a user namespace',
    notCrun: 'crun 1.8 knows an annotation in place of timeOffsets',
    notRunc: 'runc 1.1 has no time namespaces',
    edit: (spec) => {
      withUserNamespace(spec);
      spec.linux.namespaces!.push({ type: 'time' });
      spec.linux.timeOffsets = { boottime: { secs: 86400 } };
    },
    script: 'test $(cut -d. -f1 /proc/uptime) -ge 86400 && echo later; id -u',
    prints: 'later\n0\n',
  },
  {
    name: 'time: joined',
    notCrun: 'crun 1.8 knows an annotation in place of timeOffsets',
    notRunc: 'runc 1.1 has no time namespaces',
    act: (t, bench) => {
      const { id, pid } = bench.start(
        bench.sandbox.script('sleep 100', (spec) => {
          spec.linux.namespaces!.push({ type: 'time' });
          spec.linux.timeOffsets = { boottime: { secs: 86400 } };
        }),
      );
      try {
        const bundle = bench.sandbox.script('readlink /proc/self/ns/time', (spec) =>
          joinNamespace(spec, 'time', `/proc/${pid}/ns/time`),
        );
        t.equal(bench.run(bundle).stdout, `${readlinkSync(`/proc/${pid}/ns/time`)}\n`);
        t.match(bench.exec(id, 'cat', '/proc/self/timens_offsets').stdout, /boottime\s+86400/);
      } finally {
        bench.stop(id);
      }
    },
  },
  {
    name: 'refused: offsets without a time namespace',
    notCrun: 'crun 1.8 knows an annotation in place of timeOffsets',
    notRunc: 'runc 1.1 has no time namespaces',
    edit: (spec) => {
      spec.linux.timeOffsets = { boottime: { secs: 1 } };
    },
    code: 1,
    says: /time namespace offsets specified, but time namespace isn't enabled in the config/,
  },
  {
    name: 'refused: a user namespace without mappings',
    notRunc: 'its words are of a case before that',
    edit: (spec) => {
      spec.linux.namespaces!.push({ type: 'user' });
    },
    code: 1,
    says: /user namespaces enabled, but no namespace path to join nor mappings to apply specified/,
  },
  {
    name: 'refused: a namespace twice',
    notCrun: 'crun 1.8 takes one of them',
    edit: (spec) => {
      spec.linux.namespaces!.push({ type: 'pid' });
    },
    code: 1,
    says: /duplicated ns/,
  },
  {
    name: 'a path that is no namespace',
    act: (t, bench) => {
      bench.refuses(
        t,
        (spec) => joinNamespace(spec, 'network', '/nosuch'),
        /lstat \/nosuch: no such file or directory/,
      );
    },
  },
]);
