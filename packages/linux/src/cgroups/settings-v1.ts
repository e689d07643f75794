/** Limits as the files of cgroup v1 take them (kernel documentation, admin-guide/cgroup-v1). */
import { CgroupError } from './cgroup.ts';
import type { BlockIoResources, CpuResources, DeviceRule, MemoryResources, Resources, Setting } from './resources.ts';

/** What limits need to know of the machine and of the cgroup as it is. */
export interface StateV1 {
  /** Bytes, or undefined for a new cgroup: then nothing is charged yet. */
  readonly memoryLimit?: number | undefined;
  /** Whether the block weight is BFQ's. */
  readonly bfq?: boolean;
  /** Whether swap is counted; it is unless the kernel was told not to. */
  readonly swap?: boolean;
}

/** The writes that make limits, in order: those of the CPU set first, since a process cannot enter one that is empty. */
export function settingsV1(resources: Resources, state: StateV1 = {}): Setting[] {
  const { memory, cpu, pids, blockIO, hugepageLimits, network } = resources;
  return [
    ...cpuSetSettings(cpu ?? {}),
    ...(memory ? memorySettings(memory, state) : []),
    ...(cpu ? cpuSettings(cpu) : []),
    ...(pids?.limit ? [setting('pids', 'pids.max', pids.limit < 0 ? 'max' : pids.limit)] : []),
    ...(blockIO ? blockSettings(blockIO, state) : []),
    ...(hugepageLimits ?? []).flatMap(({ pageSize = '', limit = 0 }) => [
      setting('hugetlb', `hugetlb.${pageSize}.limit_in_bytes`, limit),
      // Pages that are reserved but not used yet, on kernels that count them.
      { ...setting('hugetlb', `hugetlb.${pageSize}.rsvd.limit_in_bytes`, limit), optional: true },
    ]),
    ...(network?.classID ? [setting('net_cls', 'net_cls.classid', network.classID)] : []),
    ...(network?.priorities ?? []).map(({ name, priority }) =>
      setting('net_prio', 'net_prio.ifpriomap', `${name} ${priority}`),
    ),
    ...Object.entries(resources.rdma ?? {}).map(([device, { hcaHandles, hcaObjects }]) =>
      setting('rdma', 'rdma.max', `${device} hca_handle=${hcaHandles ?? 'max'} hca_object=${hcaObjects ?? 'max'}`),
    ),
  ];
}

/** The writes of device rules, in the rules' order. */
export function deviceSettingsV1(rules: readonly DeviceRule[]): Setting[] {
  const number = (value: number | undefined) => (value === undefined || value < 0 ? '*' : value);
  return rules.map(({ allow = false, type = 'a', major, minor, access }) =>
    setting(
      'devices',
      allow ? 'devices.allow' : 'devices.deny',
      type === 'a' ? 'a *:* rwm' : `${type} ${number(major)}:${number(minor)} ${access || 'rwm'}`,
    ),
  );
}

function cpuSetSettings({ cpus, mems }: CpuResources): Setting[] {
  return [
    ...(cpus ? [setting('cpuset', 'cpuset.cpus', cpus)] : []),
    ...(mems ? [setting('cpuset', 'cpuset.mems', mems)] : []),
  ];
}

function memorySettings(memory: MemoryResources, state: StateV1): Setting[] {
  const { limit = 0, reservation = 0, kernelTCP = 0, swappiness, disableOOMKiller } = memory;
  if (swappiness !== undefined && swappiness > 100)
    throw new CgroupError(`invalid memory swappiness value: ${swappiness} (valid range is 0-100)`, 'memory');
  // Unlimited memory with unnamed swap is unlimited swap.
  const swap = limit === -1 && !memory.swap && state.swap !== false ? -1 : (memory.swap ?? 0);
  const memoryLimit = limit === 0 ? [] : [setting('memory', 'memory.limit_in_bytes', limit)];
  const swapLimit = swap === 0 ? [] : [setting('memory', 'memory.memsw.limit_in_bytes', swap)];
  // The kernel keeps swap >= memory at every moment: when both grow, swap has to be first.
  const swapFirst = state.memoryLimit !== undefined && (swap === -1 || swap > state.memoryLimit);
  return [
    ...(swapFirst ? [...swapLimit, ...memoryLimit] : [...memoryLimit, ...swapLimit]),
    ...(kernelTCP === 0 ? [] : [setting('memory', 'memory.kmem.tcp.limit_in_bytes', kernelTCP)]),
    ...(reservation === 0 ? [] : [setting('memory', 'memory.soft_limit_in_bytes', reservation)]),
    ...(disableOOMKiller ? [setting('memory', 'memory.oom_control', 1)] : []),
    ...(swappiness === undefined || swappiness === -1 ? [] : [setting('memory', 'memory.swappiness', swappiness)]),
  ];
}

function cpuSettings(cpu: CpuResources): Setting[] {
  const { shares, quota, period, burst, idle, realtimePeriod, realtimeRuntime } = cpu;
  return [
    ...(realtimePeriod ? [setting('cpu', 'cpu.rt_period_us', realtimePeriod)] : []),
    ...(realtimeRuntime ? [setting('cpu', 'cpu.rt_runtime_us', realtimeRuntime)] : []),
    ...(shares ? [setting('cpu', 'cpu.shares', shares)] : []),
    // A shorter period can be refused while the old quota holds.
    ...(period ? [{ ...setting('cpu', 'cpu.cfs_period_us', period), ...(quota ? { perhapsLater: true } : {}) }] : []),
    ...(quota ? [setting('cpu', 'cpu.cfs_quota_us', quota)] : []),
    ...(burst ? [setting('cpu', 'cpu.cfs_burst_us', burst)] : []),
    ...(idle ? [setting('cpu', 'cpu.idle', idle)] : []),
  ];
}

function blockSettings(io: BlockIoResources, { bfq = false }: StateV1): Setting[] {
  const file = (name: string) => (bfq ? `blkio.bfq.${name}` : `blkio.${name}`);
  const throttle = (name: string, devices: BlockIoResources['throttleReadBpsDevice']) =>
    (devices ?? []).map(({ major, minor, rate }) =>
      setting('blkio', `blkio.throttle.${name}_device`, `${major}:${minor} ${decimal(rate ?? 0)}`),
    );
  return [
    ...(io.weight ? [setting('blkio', file('weight'), io.weight)] : []),
    ...(io.leafWeight ? [setting('blkio', 'blkio.leaf_weight', io.leafWeight)] : []),
    ...(io.weightDevice ?? []).flatMap(({ major, minor, weight, leafWeight }) => [
      ...(weight ? [setting('blkio', file('weight_device'), `${major}:${minor} ${weight}`)] : []),
      ...(leafWeight ? [setting('blkio', 'blkio.leaf_weight_device', `${major}:${minor} ${leafWeight}`)] : []),
    ]),
    ...throttle('read_bps', io.throttleReadBpsDevice),
    ...throttle('write_bps', io.throttleWriteBpsDevice),
    ...throttle('read_iops', io.throttleReadIOPSDevice),
    ...throttle('write_iops', io.throttleWriteIOPSDevice),
  ];
}

function setting(controller: string, file: string, value: string | number): Setting {
  return { controller, file, value: typeof value === 'number' ? decimal(value) : value };
}

/** A whole number without an exponent, whatever its size. */
function decimal(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}
