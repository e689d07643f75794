/** Metrics of cgroup v1 (kernel documentation, admin-guide/cgroup-v1). */
import type { Input } from '@drydock/rpc/codec';
import type { BlkIOEntry, MemoryEntry, Metrics } from '@drydock/rpc/generated/cgroups_v1';
import { readNumber, readTable, readText } from './files.ts';

/** Nanoseconds in a clock tick: cpuacct.stat counts in USER_HZ, which is 100. */
const tick = 10_000_000;

/** Reads the controllers' files. */
export function metricsV1(paths: Readonly<Record<string, string>>): Input<Metrics> {
  const cpu = readTable(paths.cpuacct, 'cpuacct.stat');
  const throttling = readTable(paths.cpu, 'cpu.stat');
  const oom = readTable(paths.memory, 'memory.oom_control');
  return {
    pids: { current: readNumber(paths.pids, 'pids.current'), limit: pidsLimit(paths.pids) },
    cpu: {
      usage: {
        total: readNumber(paths.cpuacct, 'cpuacct.usage'),
        kernel: (cpu.system ?? 0) * tick,
        user: (cpu.user ?? 0) * tick,
        perCpu: readText(paths.cpuacct, 'cpuacct.usage_percpu').split(' ').filter(Boolean).map(Number),
      },
      throttling: {
        periods: throttling.nr_periods ?? 0,
        throttledPeriods: throttling.nr_throttled ?? 0,
        throttledTime: throttling.throttled_time ?? 0,
      },
    },
    memory: memory(paths.memory),
    blkio: {
      ioServiceBytesRecursive: blockEntries(paths.blkio, 'blkio.throttle.io_service_bytes_recursive'),
      ioServicedRecursive: blockEntries(paths.blkio, 'blkio.throttle.io_serviced_recursive'),
    },
    memoryOomControl: {
      oomKillDisable: oom.oom_kill_disable ?? 0,
      underOom: oom.under_oom ?? 0,
      oomKill: oom.oom_kill ?? 0,
    },
  };
}

/** containerd reports an absent limit as 0. */
function pidsLimit(directory: string | undefined): number {
  return readText(directory, 'pids.max') === 'max' ? 0 : readNumber(directory, 'pids.max');
}

function memory(directory: string | undefined): Input<Metrics>['memory'] {
  const stat = readTable(directory, 'memory.stat');
  const own = {
    cache: stat.cache,
    rss: stat.rss,
    rssHuge: stat.rss_huge,
    mappedFile: stat.mapped_file,
    dirty: stat.dirty,
    writeback: stat.writeback,
    pgPgIn: stat.pgpgin,
    pgPgOut: stat.pgpgout,
    pgFault: stat.pgfault,
    pgMajFault: stat.pgmajfault,
    inactiveAnon: stat.inactive_anon,
    activeAnon: stat.active_anon,
    inactiveFile: stat.inactive_file,
    activeFile: stat.active_file,
    unevictable: stat.unevictable,
    hierarchicalMemoryLimit: stat.hierarchical_memory_limit,
    hierarchicalSwapLimit: stat.hierarchical_memsw_limit,
  };
  const total = {
    totalCache: stat.total_cache,
    totalRss: stat.total_rss,
    totalRssHuge: stat.total_rss_huge,
    totalMappedFile: stat.total_mapped_file,
    totalDirty: stat.total_dirty,
    totalWriteback: stat.total_writeback,
    totalPgPgIn: stat.total_pgpgin,
    totalPgPgOut: stat.total_pgpgout,
    totalPgFault: stat.total_pgfault,
    totalPgMajFault: stat.total_pgmajfault,
    totalInactiveAnon: stat.total_inactive_anon,
    totalActiveAnon: stat.total_active_anon,
    totalInactiveFile: stat.total_inactive_file,
    totalActiveFile: stat.total_active_file,
    totalUnevictable: stat.total_unevictable,
  };
  return {
    ...own,
    ...total,
    usage: memoryEntry(directory, 'memory'),
    swap: memoryEntry(directory, 'memory.memsw'),
    kernel: memoryEntry(directory, 'memory.kmem'),
    kernelTcp: memoryEntry(directory, 'memory.kmem.tcp'),
  };
}

function memoryEntry(directory: string | undefined, prefix: string): Input<MemoryEntry> {
  return {
    limit: readNumber(directory, `${prefix}.limit_in_bytes`),
    usage: readNumber(directory, `${prefix}.usage_in_bytes`),
    max: readNumber(directory, `${prefix}.max_usage_in_bytes`),
    failcnt: readNumber(directory, `${prefix}.failcnt`),
  };
}

/** Lines such as `8:0 Read 4096`; the last one, a total, has no device. */
function blockEntries(directory: string | undefined, file: string): Input<BlkIOEntry>[] {
  return readText(directory, file)
    .split('\n')
    .map((line) => /^(\d+):(\d+) (\w+) (\d+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, major, minor, op = '', value]) => ({
      op,
      major: Number(major),
      minor: Number(minor),
      value: Number(value),
    }));
}
