/** Use of a cgroup of version 1 (kernel: Documentation/admin-guide/cgroup-v1). A missing controller counts nothing. */
import { exists, readText, readTextIfPresent } from '@drydock/linux/disk';
import { parseNumberList } from '@drydock/linux/number-list';
import { hugePageSizes } from './huge-pages.ts';
import {
  type BlockIoEntry,
  type Count,
  count,
  keyed,
  type MemoryEntry,
  noCpuSet,
  noMemory,
  nonEmpty,
  nonZero,
  type Stats,
  sorted,
} from './stats.ts';

/** Clock ticks of USER_HZ in a second, and so nanoseconds of one. */
const tick = 1e9 / 100;

type Paths = Readonly<Record<string, string>>;

/** Reads the use of a container by its controllers' directories. Throws if a container has no cgroup left. */
export function statsV1(paths: Paths): Stats {
  return {
    cpu: cpu(paths),
    cpuset: paths.cpuset ? cpuSet(paths.cpuset) : noCpuSet,
    memory: memory(paths.memory),
    pids: paths.pids ? pids(paths.pids) : {},
    blkio: paths.blkio ? blockIo(paths.blkio) : {},
    hugetlb: paths.hugetlb ? hugePages(paths.hugetlb) : {},
  };
}

function cpu({ cpuacct, cpu }: Paths): Stats['cpu'] {
  const throttled = keyed(cpu && readTextIfPresent(`${cpu}/cpu.stat`));
  const throttling = {
    periods: nonZero(throttled.nr_periods),
    throttledPeriods: nonZero(throttled.nr_throttled),
    throttledTime: nonZero(throttled.throttled_time),
  };
  if (!cpuacct) return { usage: { kernel: 0, user: 0 }, throttling };
  const ticks = keyed(readText(`${cpuacct}/cpuacct.stat`));
  const each = words(readText(`${cpuacct}/cpuacct.usage_percpu`)).map(count);
  const all = (readTextIfPresent(`${cpuacct}/cpuacct.usage_all`) ?? '').split('\n').slice(1).filter(Boolean).map(words);
  const usage = {
    total: nonZero(count(readText(`${cpuacct}/cpuacct.usage`))),
    percpu: nonEmpty(each),
    percpu_kernel: nonEmpty(all.map(([, , system = '0']) => count(system))),
    percpu_user: nonEmpty(all.map(([, user = '0']) => count(user))),
    kernel: Number(ticks.system ?? 0) * tick,
    user: Number(ticks.user ?? 0) * tick,
  };
  return { usage, throttling };
}

function cpuSet(path: string): Stats['cpuset'] {
  const value = (name: string) => count(readTextIfPresent(`${path}/cpuset.${name}`) ?? '0');
  const list = (name: string) => nonEmpty(parseNumberList(readText(`${path}/cpuset.${name}`)) ?? []);
  return {
    cpus: list('cpus'),
    cpu_exclusive: value('cpu_exclusive'),
    mems: list('mems'),
    mem_hardwall: value('mem_hardwall'),
    mem_exclusive: value('mem_exclusive'),
    memory_migrate: value('memory_migrate'),
    memory_spread_page: value('memory_spread_page'),
    memory_spread_slab: value('memory_spread_slab'),
    memory_pressure: value('memory_pressure'),
    sched_load_balance: value('sched_load_balance'),
    sched_relax_domain_level: value('sched_relax_domain_level'),
  };
}

function memory(path: string | undefined): Stats['memory'] {
  if (!path) return { usage: noMemory, swap: noMemory, kernel: noMemory, kernelTCP: noMemory };
  const raw = keyed(readText(`${path}/memory.stat`));
  return {
    cache: nonZero(raw.cache),
    usage: memoryEntry(`${path}/memory`),
    swap: memoryEntry(`${path}/memory.memsw`),
    kernel: memoryEntry(`${path}/memory.kmem`),
    kernelTCP: memoryEntry(`${path}/memory.kmem.tcp`),
    raw: sorted(raw),
  };
}

function memoryEntry(prefix: string): MemoryEntry {
  // A kernel without accounting for it has none of its files.
  if (!exists(`${prefix}.usage_in_bytes`)) return noMemory;
  const value = (name: string): Count => count(readText(`${prefix}.${name}`));
  return {
    limit: value('limit_in_bytes'),
    usage: nonZero(value('usage_in_bytes')),
    max: nonZero(value('max_usage_in_bytes')),
    failcnt: value('failcnt'),
  };
}

function pids(path: string): Stats['pids'] {
  const limit = readText(`${path}/pids.max`).trim();
  return {
    current: nonZero(count(readText(`${path}/pids.current`))),
    limit: limit === 'max' ? undefined : nonZero(count(limit)),
  };
}

/** The fields of an event with the file that each is in, behind a prefix. */
const throttle = { ioServiceBytesRecursive: 'io_service_bytes', ioServicedRecursive: 'io_serviced' };
const recursive = {
  ioServiceBytesRecursive: 'io_service_bytes_recursive',
  ioServicedRecursive: 'io_serviced_recursive',
};
const scheduler = {
  ...recursive,
  ioQueueRecursive: 'io_queued_recursive',
  ioServiceTimeRecursive: 'io_service_time_recursive',
  ioWaitTimeRecursive: 'io_wait_time_recursive',
  ioMergedRecursive: 'io_merged_recursive',
  ioTimeRecursive: 'time_recursive',
  sectorsRecursive: 'sectors_recursive',
};

/** Sources of the numbers: which is filled depends on the device's scheduler. The first with an entry counts. */
const sources = [
  { prefix: 'blkio.bfq', fields: scheduler, first: 'sectors_recursive' },
  { prefix: 'blkio.bfq', fields: recursive, first: 'io_serviced_recursive' },
  { prefix: 'blkio', fields: scheduler, first: 'sectors_recursive' },
  { prefix: 'blkio.throttle', fields: recursive, first: 'io_serviced_recursive' },
  { prefix: 'blkio.throttle', fields: throttle, first: 'io_serviced' },
];

function blockIo(path: string): Stats['blkio'] {
  for (const { prefix, fields, first } of sources) {
    if (blockIoEntries(`${path}/${prefix}.${first}`).length === 0) continue;
    const entries = Object.entries(fields).map(([name, file]) => [name, blockIoEntries(`${path}/${prefix}.${file}`)]);
    return Object.fromEntries(entries.filter(([, list]) => (list as readonly unknown[]).length > 0));
  }
  return {};
}

/** Lines `8:0 Read 4096`, or `8:0 12`; the totals at the end are left out. */
function blockIoEntries(file: string): BlockIoEntry[] {
  return (readTextIfPresent(file) ?? '')
    .split('\n')
    .map((line) => line.split(/[ :]/))
    .filter(({ length }) => length >= 3)
    .map(([major = '', minor = '', ...rest]) => ({
      major: nonZero(count(major)),
      minor: nonZero(count(minor)),
      op: rest.length > 1 ? rest[0] : undefined,
      value: nonZero(count(rest.at(-1) ?? '')),
    }));
}

function hugePages(path: string): Stats['hugetlb'] {
  return Object.fromEntries(
    hugePageSizes().map((size) => {
      const reserved = exists(`${path}/hugetlb.${size}.rsvd.usage_in_bytes`) ? '.rsvd' : '';
      const value = (name: string) => count(readText(`${path}/hugetlb.${size}${reserved}.${name}`));
      const entry = {
        usage: nonZero(value('usage_in_bytes')),
        max: nonZero(value('max_usage_in_bytes')),
        failcnt: value('failcnt'),
      };
      return [size, entry];
    }),
  );
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
