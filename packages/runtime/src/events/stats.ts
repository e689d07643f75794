/** The use that a container makes of its cgroup, in the shape of `runc events` (runc's types package, version 1.1). */
import type { GoValue } from '../cli/go-json.ts';

/** A count of the kernel's: beyond 2^53 it is a bigint. */
export type Count = number | bigint;

/** Nanoseconds; a field that is absent is 0. */
export interface CpuStats {
  readonly usage: {
    readonly total?: Count | undefined;
    readonly percpu?: readonly Count[] | undefined;
    readonly percpu_kernel?: readonly Count[] | undefined;
    readonly percpu_user?: readonly Count[] | undefined;
    readonly kernel: Count;
    readonly user: Count;
  };
  readonly throttling: {
    readonly periods?: Count | undefined;
    readonly throttledPeriods?: Count | undefined;
    readonly throttledTime?: Count | undefined;
  };
}

/** Bytes. */
export interface MemoryEntry {
  readonly limit: Count;
  readonly usage?: Count | undefined;
  readonly max?: Count | undefined;
  readonly failcnt: Count;
}

export interface BlockIoEntry {
  readonly major?: Count | undefined;
  readonly minor?: Count | undefined;
  readonly op?: string | undefined;
  readonly value?: Count | undefined;
}

export interface Stats {
  readonly cpu: CpuStats;
  readonly cpuset: Readonly<Record<string, Count | readonly number[] | undefined>>;
  readonly memory: {
    readonly cache?: Count | undefined;
    readonly usage: MemoryEntry;
    readonly swap: MemoryEntry;
    readonly kernel: MemoryEntry;
    readonly kernelTCP: MemoryEntry;
    readonly raw?: Readonly<Record<string, Count>> | undefined;
  };
  readonly pids: { readonly current?: Count | undefined; readonly limit?: Count | undefined };
  readonly blkio: Readonly<Record<string, readonly BlockIoEntry[] | undefined>>;
  readonly hugetlb: Readonly<Record<string, Omit<MemoryEntry, 'limit'>>>;
}

/** The event that `runc events` prints. Network interfaces are whose who made them: runc says null. */
export function statsEvent(id: string, stats: Stats, cache: { readonly [name: string]: GoValue } = {}): GoValue {
  return { type: 'stats', id, data: { ...stats, intel_rdt: cache, network_interfaces: null } as unknown as GoValue };
}

/** A whole number as the kernel writes it; `max` is the highest of 64 bits. */
export function count(text: string): Count {
  if (text.trim() === 'max') return 0xffff_ffff_ffff_ffffn;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text.trim());
}

/** Go leaves out a 0 where the field says `omitempty`. */
export function nonZero(value: Count | undefined): Count | undefined {
  return value ? value : undefined;
}

/** An array that is left out when it is empty. */
export function nonEmpty<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length > 0 ? values : undefined;
}

/** The lines `key value` of a file. */
export function keyed(text: string | undefined): Record<string, Count> {
  const pairs = (text ?? '')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(({ length }) => length === 2);
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key, count(value)]));
}

/** A record with its keys in order, as Go writes a map. */
export function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The cpuset of a container without that controller. */
export const noCpuSet = {
  cpu_exclusive: 0,
  mem_hardwall: 0,
  mem_exclusive: 0,
  memory_migrate: 0,
  memory_spread_page: 0,
  memory_spread_slab: 0,
  memory_pressure: 0,
  sched_load_balance: 0,
  sched_relax_domain_level: 0,
};

export const noMemory: MemoryEntry = { limit: 0, failcnt: 0 };
