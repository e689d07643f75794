/** Limits as the files of cgroup v2 take them (kernel documentation, admin-guide/cgroup-v2). */
import type { BlockIoResources, CpuResources, MemoryResources, Resources, Setting } from './resources.ts';

/** The writes that make limits. `bfq`: whether the block weight is BFQ's. Throws if a combination is impossible. */
export function settingsV2(resources: Resources, { bfq = false } = {}): Setting[] {
  const { memory, cpu, pids, blockIO, hugepageLimits } = resources;
  return [
    ...(cpu ? cpuSettings(cpu) : []),
    ...(memory ? memorySettings(memory) : []),
    ...(pids?.limit ? [setting('pids', 'pids.max', pids.limit < 0 ? 'max' : pids.limit)] : []),
    ...(blockIO ? blockSettings(blockIO, bfq) : []),
    ...(hugepageLimits ?? []).flatMap(({ pageSize, limit = 0 }) => [
      setting('hugetlb', `hugetlb.${pageSize}.max`, limit),
      // Pages that are reserved but not used yet, on kernels that count them.
      { ...setting('hugetlb', `hugetlb.${pageSize}.rsvd.max`, limit), optional: true },
    ]),
    ...Object.entries(resources.rdma ?? {}).map(([device, { hcaHandles, hcaObjects }]) =>
      setting('rdma', 'rdma.max', `${device} hca_handle=${hcaHandles ?? 'max'} hca_object=${hcaObjects ?? 'max'}`),
    ),
    ...Object.entries(resources.unified ?? {}).map(([file, value]) => unifiedSetting(file, value)),
  ];
}

/** The weight of v2 (1-10000) for the shares of v1 (2-262144), as runc 1.1 converts it. */
export function cpuWeight(shares: number): number {
  return 1 + Math.floor(((Math.min(Math.max(shares, 2), 262144) - 2) * 9999) / 262142);
}

/** The weight of v2 (1-10000) for the block weight of v1 (10-1000). */
export function ioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}

function cpuSettings({ shares, quota, period, burst, idle, cpus, mems }: CpuResources): Setting[] {
  const max = quota || period ? `${quota && quota > 0 ? decimal(quota) : 'max'} ${period || 100000}` : '';
  return [
    ...(cpus ? [setting('cpuset', 'cpuset.cpus', cpus)] : []),
    ...(mems ? [setting('cpuset', 'cpuset.mems', mems)] : []),
    ...(idle ? [setting('cpu', 'cpu.idle', idle)] : []),
    ...(shares ? [setting('cpu', 'cpu.weight', cpuWeight(shares))] : []),
    // More burst than the quota is refused, so a greater one may have to wait for the new quota.
    ...(burst ? [{ ...setting('cpu', 'cpu.max.burst', burst), ...(max ? { perhapsLater: true } : {}) }] : []),
    ...(max ? [setting('cpu', 'cpu.max', max)] : []),
  ];
}

function memorySettings({ limit = 0, reservation = 0, swap = 0 }: MemoryResources): Setting[] {
  const bytes = (value: number) => (value === -1 ? 'max' : value);
  const swapOnly = limit === -1 && swap === 0 ? -1 : swap;
  if (swapOnly > 0 && limit <= 0) throw new Error('unable to set swap limit without memory limit');
  if (swapOnly > 0 && swapOnly < limit) throw new Error('memory+swap limit should be >= memory limit');
  return [
    ...(swapOnly === 0 ? [] : [setting('memory', 'memory.swap.max', swapOnly === -1 ? 'max' : swapOnly - limit)]),
    ...(limit === 0 ? [] : [setting('memory', 'memory.max', bytes(limit))]),
    ...(reservation === 0 ? [] : [setting('memory', 'memory.low', bytes(reservation))]),
  ];
}

function blockSettings(io: BlockIoResources, bfq: boolean): Setting[] {
  const weight = (value: number) =>
    bfq ? setting('io', 'io.bfq.weight', value) : setting('io', 'io.weight', ioWeight(value));
  const max = (key: string, devices: BlockIoResources['throttleReadBpsDevice']) =>
    (devices ?? []).map(({ major, minor, rate }) =>
      setting('io', 'io.max', `${major}:${minor} ${key}=${decimal(rate ?? 0)}`),
    );
  return [
    ...(io.weight ? [weight(io.weight)] : []),
    ...(bfq ? (io.weightDevice ?? []) : []).map((device) =>
      setting('io', 'io.bfq.weight', `${device.major}:${device.minor} ${device.weight}`),
    ),
    ...max('rbps', io.throttleReadBpsDevice),
    ...max('wbps', io.throttleWriteBpsDevice),
    ...max('riops', io.throttleReadIOPSDevice),
    ...max('wiops', io.throttleWriteIOPSDevice),
  ];
}

function unifiedSetting(file: string, value: string): Setting {
  if (file.includes('/')) throw new Error(`unified resource "${file}" must be a file name (no slashes)`);
  if (!file.includes('.')) throw new Error(`unified resource "${file}" must be in the form CONTROLLER.PARAMETER`);
  return setting(file.slice(0, file.indexOf('.')), file, value);
}

function setting(controller: string, file: string, value: string | number): Setting {
  return { controller, file, value: typeof value === 'number' ? decimal(value) : value };
}

function decimal(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}
