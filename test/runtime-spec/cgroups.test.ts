/** Cgroups: where a container's is, and every limit, as the kernel then has it (config-linux.md, "Control groups"). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHierarchies } from '../../packages/linux/src/cgroups/hierarchies.ts';
import type { Resources } from '../../packages/oci/src/runtime-spec.ts';
import type { DraftSpec } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, testFeature, withUserNamespace } from './support.ts';

const { version, list } = readHierarchies();
const mib = 1 << 20;

/** The file of a controller in a container's cgroup. */
function fileOf(pid: number, controller: string, file: string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const name = version === 2 ? '' : controller;
  const line = lines.find((each) => each.split(':')[1]!.split(',').includes(name)) ?? '';
  const { mountPoint = '' } = list.find((each) => each.name === name) ?? {};
  return join(mountPoint, line.split(':').slice(2).join(':'), file);
}

/** Files with what must be in them, for each version; the controller is the part before the first dot. */
interface Limit {
  readonly name: string;
  readonly resources: Resources;
  readonly v1: Readonly<Record<string, string | RegExp>>;
  readonly v2: Readonly<Record<string, string | RegExp>>;
  readonly batch?: string;
  readonly more?: Partial<Case>;
}

const controllers: Readonly<Record<string, string>> = { cpuset: 'cpuset', hugetlb: 'hugetlb', io: 'blkio' };

function limit({ name, resources, v1, v2, batch, more = {} }: Limit): Case {
  const files = version === 1 ? v1 : v2;
  const missing = Object.keys(files).find((file) => !isThere(file));
  const nothing = Object.keys(files).length === 0 && `cgroup v${version} has no such limit`;
  return {
    name,
    skip: nothing || (missing ? `this kernel has no ${missing}` : false),
    ...(batch ? { batch } : {}),
    ...more,
    edit: withResources(resources),
    look: (t, { pid }) => {
      for (const [file, expected] of Object.entries(files)) {
        const controller = file.split('.')[0]!;
        const value = readFileSync(fileOf(pid, controllers[controller] ?? controller, file), 'utf8').trim();
        if (typeof expected === 'string') t.equal(value, expected, file);
        else t.match(value, expected, file);
      }
    },
  };
}

/** Adds resources to those that are there, of the same controller too. */
function withResources(resources: Resources) {
  return (spec: DraftSpec): void => {
    const all: Record<string, unknown> = { ...spec.linux.resources };
    for (const [name, value] of Object.entries(resources))
      all[name] = Array.isArray(value) ? value : { ...(all[name] as object), ...value };
    Object.assign(spec.linux, { resources: all });
  };
}

/** Whether the controller is there, and any cgroup of it has the file. */
function isThere(file: string): boolean {
  const controller = file.split('.')[0]!;
  const name = version === 2 ? '' : (controllers[controller] ?? controller);
  const hierarchy = list.find((each) => each.name === name);
  if (hierarchy === undefined) return false;
  const available = join(hierarchy.mountPoint, 'cgroup.controllers');
  if (version === 2) return readFileSync(available, 'utf8').trim().split(' ').includes(controller);
  return existsSync(join(hierarchy.mountPoint, file)) || /^(cpu\.|cpuset\.)/.test(file) || file === 'pids.max';
}

const disks = existsSync('/sys/block') ? readdirSync('/sys/block').filter((name) => /^(sd|vd|nvme)/.test(name)) : [];
const disk = disks.map((name) => readFileSync(`/sys/block/${name}/dev`, 'utf8').trim())[0] ?? '';
const [major = 0, minor = 0] = disk.split(':').map(Number);
const noDisk = disk === '' && 'needs a disk';

const refused = (name: string, resources: Resources, says: RegExp, more: Partial<Case> = {}): Case => ({
  name: `refused: ${name}`,
  edit: withResources(resources),
  code: 1,
  says,
  ...more,
});

const cases: readonly Case[] = [
  {
    name: 'an absolute path',
    edit: (spec) => {
      spec.linux.cgroupsPath = `/test-${process.pid}-own`;
    },
    script: 'cut -d: -f3 /proc/self/cgroup | sort -u',
    prints: new RegExp(`/test-${process.pid}-own`),
  },
  limit({
    name: 'memory: limit',
    batch: 'limits',
    resources: { memory: { limit: 64 * mib } },
    v1: { 'memory.limit_in_bytes': String(64 * mib) },
    v2: { 'memory.max': String(64 * mib) },
  }),
  limit({
    name: 'memory: unlimited',
    batch: 'no limits',
    resources: { memory: { limit: -1 } },
    v1: { 'memory.limit_in_bytes': /^9223372036854771712$/, 'memory.memsw.limit_in_bytes': /^9223372036854771712$/ },
    v2: { 'memory.max': 'max', 'memory.swap.max': 'max' },
  }),
  limit({
    name: 'memory: swap',
    batch: 'limits',
    resources: { memory: { limit: 64 * mib, swap: 96 * mib } },
    v1: { 'memory.memsw.limit_in_bytes': String(96 * mib) },
    v2: { 'memory.swap.max': String(32 * mib) },
  }),
  limit({
    name: 'memory: no swap',
    batch: 'other limits',
    resources: { memory: { limit: 64 * mib, swap: 64 * mib } },
    v1: { 'memory.memsw.limit_in_bytes': String(64 * mib) },
    v2: { 'memory.swap.max': '0' },
  }),
  limit({
    name: 'memory: reservation',
    batch: 'limits',
    resources: { memory: { reservation: 16 * mib } },
    v1: { 'memory.soft_limit_in_bytes': String(16 * mib) },
    v2: { 'memory.low': String(16 * mib) },
  }),
  limit({
    name: 'memory: swappiness',
    batch: 'limits',
    resources: { memory: { swappiness: 33 } },
    v1: { 'memory.swappiness': '33' },
    v2: {},
  }),
  limit({
    name: 'memory: the kernel ends nobody',
    batch: 'other limits',
    resources: { memory: { limit: 64 * mib, disableOOMKiller: true } },
    v1: { 'memory.oom_control': /^oom_kill_disable 1$/m },
    v2: {},
  }),
  limit({
    name: 'memory: buffers of TCP',
    resources: { memory: { kernelTCP: 8 * mib } },
    v1: { 'memory.kmem.tcp.limit_in_bytes': String(8 * mib) },
    v2: {},
    more: { notRunc: 'runc does without it' },
  }),
  limit({
    name: 'memory: hierarchical, checked before an update',
    resources: { memory: { limit: 64 * mib, useHierarchy: true, checkBeforeUpdate: true } },
    v1: { 'memory.use_hierarchy': '1' },
    v2: { 'memory.max': String(64 * mib) },
    more: { notCrun: 'crun 1.8 refuses them with version 2' },
  }),
  limit({
    name: 'CPU: shares',
    batch: 'limits',
    resources: { cpu: { shares: 512 } },
    v1: { 'cpu.shares': '512' },
    v2: { 'cpu.weight': '20' },
  }),
  limit({
    name: 'CPU: quota and period',
    batch: 'limits',
    resources: { cpu: { quota: 25000, period: 50000 } },
    v1: { 'cpu.cfs_quota_us': '25000', 'cpu.cfs_period_us': '50000' },
    v2: { 'cpu.max': '25000 50000' },
  }),
  limit({
    name: 'CPU: quota alone',
    batch: 'other limits',
    resources: { cpu: { quota: 25000 } },
    v1: { 'cpu.cfs_quota_us': '25000' },
    v2: { 'cpu.max': '25000 100000' },
  }),
  limit({
    name: 'CPU: no quota',
    batch: 'no limits',
    resources: { cpu: { quota: -1, period: 50000 } },
    v1: { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '50000' },
    v2: { 'cpu.max': 'max 50000' },
  }),
  limit({
    name: 'CPU: burst',
    resources: { cpu: { quota: 25000, period: 50000, burst: 10000 } },
    v1: { 'cpu.cfs_burst_us': '10000' },
    v2: { 'cpu.max.burst': '10000' },
    more: { notRunc: 'runc 1.1 does not know it', notCrun: 'crun 1.8 does not know it' },
  }),
  limit({
    name: 'CPU: idle',
    resources: { cpu: { idle: 1 } },
    v1: { 'cpu.idle': '1' },
    v2: { 'cpu.idle': '1' },
    more: { notRunc: 'runc 1.1 does not know it' },
  }),
  limit({
    name: 'CPU: real time',
    resources: { cpu: { realtimePeriod: 500000, realtimeRuntime: 1000 } },
    v1: { 'cpu.rt_period_us': '500000', 'cpu.rt_runtime_us': '1000' },
    v2: {},
  }),
  limit({
    name: 'CPU set',
    batch: 'limits',
    resources: { cpu: { cpus: '0', mems: '0' } },
    v1: { 'cpuset.cpus': '0', 'cpuset.mems': '0' },
    v2: { 'cpuset.cpus': '0', 'cpuset.mems': '0' },
  }),
  limit({
    name: 'processes',
    batch: 'limits',
    resources: { pids: { limit: 12 } },
    v1: { 'pids.max': '12' },
    v2: { 'pids.max': '12' },
  }),
  limit({
    name: 'processes: unlimited',
    batch: 'no limits',
    resources: { pids: { limit: -1 } },
    v1: { 'pids.max': 'max' },
    v2: { 'pids.max': 'max' },
  }),
  limit({
    name: 'block devices: weight',
    batch: 'limits',
    resources: { blockIO: { weight: 500 } },
    v1: { 'blkio.weight': '500' },
    v2: { 'io.weight': /4950|500/ },
  }),
  limit({
    name: 'block devices: rates',
    batch: 'limits',
    resources: {
      blockIO: {
        throttleReadBpsDevice: [{ major, minor, rate: mib }],
        throttleWriteBpsDevice: [{ major, minor, rate: 2 * mib }],
        throttleReadIOPSDevice: [{ major, minor, rate: 100 }],
        throttleWriteIOPSDevice: [{ major, minor, rate: 200 }],
      },
    },
    v1: {
      'blkio.throttle.read_bps_device': `${disk} ${mib}`,
      'blkio.throttle.write_bps_device': `${disk} ${2 * mib}`,
      'blkio.throttle.read_iops_device': `${disk} 100`,
      'blkio.throttle.write_iops_device': `${disk} 200`,
    },
    v2: { 'io.max': `${disk} rbps=${mib} wbps=${2 * mib} riops=100 wiops=200` },
    more: noDisk ? { skip: noDisk } : {},
  }),
  limit({
    name: 'huge pages',
    batch: 'limits',
    resources: { hugepageLimits: [{ pageSize: '2MB', limit: 4 * mib }] },
    v1: { 'hugetlb.2MB.limit_in_bytes': String(4 * mib) },
    v2: { 'hugetlb.2MB.max': String(4 * mib) },
  }),
  limit({
    name: 'network class',
    batch: 'limits',
    resources: { network: { classID: 0x10001 } },
    v1: { 'net_cls.classid': '65537' },
    v2: {},
  }),
  limit({
    name: 'network priorities',
    batch: 'limits',
    resources: { network: { priorities: [{ name: 'lo', priority: 3 }] } },
    v1: { 'net_prio.ifpriomap': /^lo 3$/m },
    v2: {},
  }),
  limit({
    name: 'unified files',
    batch: 'other limits',
    resources: { unified: { 'memory.high': String(32 * mib), 'pids.max': '77' } },
    v1: {},
    v2: { 'memory.high': String(32 * mib), 'pids.max': '77' },
  }),
  {
    name: 'a container with a user namespace of its own manages its cgroups',
    notRunc: 'runc 1.1 lets it only where systemd has made the cgroup',
    skip: version === 1 && 'version 1 cannot be delegated',
    edit: (spec) => {
      withUserNamespace(spec);
      spec.linux.namespaces!.push({ type: 'cgroup' });
      for (const mount of spec.mounts!)
        if (mount.type === 'cgroup') mount.options = mount.options!.filter((option) => option !== 'ro');
    },
    script: 'mkdir /sys/fs/cgroup/below && echo $$ > /sys/fs/cgroup/below/cgroup.procs && cat /proc/self/cgroup',
    prints: /0::\/below\n/,
  },
  {
    name: 'a limit of processes holds',
    edit: withResources({ pids: { limit: 10 } }),
    script: '(for each in 1 2 3 4 5 6 7 8 9 10 11; do sleep 1 & done; wait) 2>&1 | grep -c fork; true',
    prints: /^[1-9]/,
  },
  refused('unified files with version 1', { unified: { 'memory.high': '1' } }, /cannot use unified on cgroup v1/, {
    skip: version === 2 && 'this machine has version 2',
  }),
  refused('shares that are too few', { cpu: { shares: 1 } }, /the minimum allowed cpu-shares is 2/, {
    skip: version === 2 && 'version 2 has weights',
  }),
  refused('shares that are too many', { cpu: { shares: 300000 } }, /the maximum allowed cpu-shares is 262144/, {
    skip: version === 2 && 'version 2 has weights',
  }),
  refused('a quota that is too short', { cpu: { quota: 10 } }, /invalid argument/),
  refused('CPUs that are not there', { cpu: { cpus: '4000' } }, /numerical result out of range|invalid argument/),
  refused('swappiness beyond 100', { memory: { swappiness: 101 } }, /invalid memory swappiness value: 101/, {
    skip: version === 2 && 'version 2 has no swappiness',
  }),
  refused(
    'huge pages of no size',
    { hugepageLimits: [{ pageSize: '3MB', limit: 1 }] },
    /no such file or directory|cannot set hugetlb limit/,
  ),
];

testFeature('cgroups', cases, { everywhere: true });
