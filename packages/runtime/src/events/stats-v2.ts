/** Use of a cgroup of version 2 (kernel: Documentation/admin-guide/cgroup-v2.rst), in the words of version 1. */
import { readText, readTextIfPresent } from '@drydock/linux/disk';
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

const unlimited = 0xffff_ffff_ffff_ffffn;

/** Reads the use of a container. Throws if its cgroup is gone. */
export function statsV2(path: string): Stats {
  return {
    cpu: cpu(path),
    cpuset: noCpuSet,
    memory: memory(path),
    pids: pids(path),
    blkio: blockIo(path),
    hugetlb: hugePages(path),
  };
}

/** Microseconds become nanoseconds. */
function cpu(path: string): Stats['cpu'] {
  const stat = keyed(readText(`${path}/cpu.stat`));
  const nano = (micro: Count | undefined) => Number(micro ?? 0) * 1000;
  return {
    usage: {
      total: nonZero(nano(stat.usage_usec)),
      kernel: nano(stat.system_usec),
      user: nano(stat.user_usec),
    },
    throttling: {
      periods: nonZero(stat.nr_periods),
      throttledPeriods: nonZero(stat.nr_throttled),
      throttledTime: nonZero(nano(stat.throttled_usec)),
    },
  };
}

/** Version 1 counts memory and swap together, and so does the event. */
function memory(path: string): Stats['memory'] {
  const text = readTextIfPresent(`${path}/memory.stat`);
  if (text === undefined) return { usage: noMemory, swap: noMemory, kernel: noMemory, kernelTCP: noMemory };
  const raw = keyed(text);
  const [usage, swap] = [memoryEntry(`${path}/memory`), memoryEntry(`${path}/memory.swap`)];
  return {
    cache: nonZero(raw.file),
    usage,
    swap: {
      limit: swap.limit === unlimited ? unlimited : sum(swap.limit, usage.limit),
      usage: nonZero(sum(swap.usage ?? 0, usage.usage ?? 0)),
      failcnt: 0,
    },
    kernel: noMemory,
    kernelTCP: noMemory,
    raw: sorted(raw),
  };
}

function memoryEntry(prefix: string): MemoryEntry {
  const current = readTextIfPresent(`${prefix}.current`);
  if (current === undefined) return noMemory;
  return { limit: count(readText(`${prefix}.max`)), usage: nonZero(count(current)), failcnt: 0 };
}

/** A sum as 64 bits hold it. */
function sum(a: Count, b: Count): Count {
  return count(String(BigInt.asUintN(64, BigInt(a) + BigInt(b))));
}

function pids(path: string): Stats['pids'] {
  const current = readTextIfPresent(`${path}/pids.current`);
  // Without the controller the processes are counted.
  if (current === undefined)
    return { current: nonZero(readText(`${path}/cgroup.procs`).split('\n').filter(Boolean).length) };
  const limit = count(readText(`${path}/pids.max`));
  return { current: nonZero(count(current)), limit: limit === unlimited ? undefined : nonZero(limit) };
}

const operations: Readonly<Record<string, readonly [table: 'bytes' | 'operations', op: string]>> = {
  rbytes: ['bytes', 'Read'],
  wbytes: ['bytes', 'Write'],
  rios: ['operations', 'Read'],
  wios: ['operations', 'Write'],
};

/** Lines `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`. */
function blockIo(path: string): Stats['blkio'] {
  const tables: Record<'bytes' | 'operations', BlockIoEntry[]> = { bytes: [], operations: [] };
  for (const line of (readTextIfPresent(`${path}/io.stat`) ?? '').split('\n')) {
    const [device = '', ...items] = line.split(' ');
    const [major = '0', minor = '0'] = device.split(':');
    for (const item of items) {
      const [name = '', value = '0'] = item.split('=');
      const known = operations[name];
      if (!known) continue;
      const [table, op] = known;
      const entry = { major: nonZero(count(major)), minor: nonZero(count(minor)), op, value: nonZero(count(value)) };
      tables[table].push(entry);
    }
  }
  return { ioServiceBytesRecursive: nonEmpty(tables.bytes), ioServicedRecursive: nonEmpty(tables.operations) };
}

function hugePages(path: string): Stats['hugetlb'] {
  const entries: [string, Stats['hugetlb'][string]][] = [];
  for (const size of hugePageSizes()) {
    const current = readTextIfPresent(`${path}/hugetlb.${size}.current`);
    if (current === undefined) continue;
    const { max = 0 } = keyed(readText(`${path}/hugetlb.${size}.events`));
    entries.push([size, { usage: nonZero(count(current)), failcnt: max }]);
  }
  return Object.fromEntries(entries);
}
