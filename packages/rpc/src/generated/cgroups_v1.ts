// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';

export interface Metrics {
  hugetlb: HugetlbStat[];
  pids: PidsStat | undefined;
  cpu: CPUStat | undefined;
  memory: MemoryStat | undefined;
  blkio: BlkIOStat | undefined;
  rdma: RdmaStat | undefined;
  network: NetworkStat[];
  cgroupStats: CgroupStats | undefined;
  memoryOomControl: MemoryOomControl | undefined;
}
export const Metrics: Codec<Metrics> = message<Metrics>('io.containerd.cgroups.v1.Metrics', [
  [1, 'hugetlb', () => HugetlbStat, 'repeated'],
  [2, 'pids', () => PidsStat],
  [3, 'cpu', () => CPUStat],
  [4, 'memory', () => MemoryStat],
  [5, 'blkio', () => BlkIOStat],
  [6, 'rdma', () => RdmaStat],
  [7, 'network', () => NetworkStat, 'repeated'],
  [8, 'cgroupStats', () => CgroupStats],
  [9, 'memoryOomControl', () => MemoryOomControl],
]);

export interface HugetlbStat {
  usage: number;
  max: number;
  failcnt: number;
  pagesize: string;
}
export const HugetlbStat: Codec<HugetlbStat> = message<HugetlbStat>('io.containerd.cgroups.v1.HugetlbStat', [
  [1, 'usage', 'uint64'],
  [2, 'max', 'uint64'],
  [3, 'failcnt', 'uint64'],
  [4, 'pagesize', 'string'],
]);

export interface PidsStat {
  current: number;
  limit: number;
}
export const PidsStat: Codec<PidsStat> = message<PidsStat>('io.containerd.cgroups.v1.PidsStat', [
  [1, 'current', 'uint64'],
  [2, 'limit', 'uint64'],
]);

export interface CPUStat {
  usage: CPUUsage | undefined;
  throttling: Throttle | undefined;
}
export const CPUStat: Codec<CPUStat> = message<CPUStat>('io.containerd.cgroups.v1.CPUStat', [
  [1, 'usage', () => CPUUsage],
  [2, 'throttling', () => Throttle],
]);

export interface CPUUsage {
  total: number;
  kernel: number;
  user: number;
  perCpu: number[];
}
export const CPUUsage: Codec<CPUUsage> = message<CPUUsage>('io.containerd.cgroups.v1.CPUUsage', [
  [1, 'total', 'uint64'],
  [2, 'kernel', 'uint64'],
  [3, 'user', 'uint64'],
  [4, 'perCpu', 'uint64', 'repeated'],
]);

export interface Throttle {
  periods: number;
  throttledPeriods: number;
  throttledTime: number;
}
export const Throttle: Codec<Throttle> = message<Throttle>('io.containerd.cgroups.v1.Throttle', [
  [1, 'periods', 'uint64'],
  [2, 'throttledPeriods', 'uint64'],
  [3, 'throttledTime', 'uint64'],
]);

export interface MemoryStat {
  cache: number;
  rss: number;
  rssHuge: number;
  mappedFile: number;
  dirty: number;
  writeback: number;
  pgPgIn: number;
  pgPgOut: number;
  pgFault: number;
  pgMajFault: number;
  inactiveAnon: number;
  activeAnon: number;
  inactiveFile: number;
  activeFile: number;
  unevictable: number;
  hierarchicalMemoryLimit: number;
  hierarchicalSwapLimit: number;
  totalCache: number;
  totalRss: number;
  totalRssHuge: number;
  totalMappedFile: number;
  totalDirty: number;
  totalWriteback: number;
  totalPgPgIn: number;
  totalPgPgOut: number;
  totalPgFault: number;
  totalPgMajFault: number;
  totalInactiveAnon: number;
  totalActiveAnon: number;
  totalInactiveFile: number;
  totalActiveFile: number;
  totalUnevictable: number;
  usage: MemoryEntry | undefined;
  swap: MemoryEntry | undefined;
  kernel: MemoryEntry | undefined;
  kernelTcp: MemoryEntry | undefined;
}
export const MemoryStat: Codec<MemoryStat> = message<MemoryStat>('io.containerd.cgroups.v1.MemoryStat', [
  [1, 'cache', 'uint64'],
  [2, 'rss', 'uint64'],
  [3, 'rssHuge', 'uint64'],
  [4, 'mappedFile', 'uint64'],
  [5, 'dirty', 'uint64'],
  [6, 'writeback', 'uint64'],
  [7, 'pgPgIn', 'uint64'],
  [8, 'pgPgOut', 'uint64'],
  [9, 'pgFault', 'uint64'],
  [10, 'pgMajFault', 'uint64'],
  [11, 'inactiveAnon', 'uint64'],
  [12, 'activeAnon', 'uint64'],
  [13, 'inactiveFile', 'uint64'],
  [14, 'activeFile', 'uint64'],
  [15, 'unevictable', 'uint64'],
  [16, 'hierarchicalMemoryLimit', 'uint64'],
  [17, 'hierarchicalSwapLimit', 'uint64'],
  [18, 'totalCache', 'uint64'],
  [19, 'totalRss', 'uint64'],
  [20, 'totalRssHuge', 'uint64'],
  [21, 'totalMappedFile', 'uint64'],
  [22, 'totalDirty', 'uint64'],
  [23, 'totalWriteback', 'uint64'],
  [24, 'totalPgPgIn', 'uint64'],
  [25, 'totalPgPgOut', 'uint64'],
  [26, 'totalPgFault', 'uint64'],
  [27, 'totalPgMajFault', 'uint64'],
  [28, 'totalInactiveAnon', 'uint64'],
  [29, 'totalActiveAnon', 'uint64'],
  [30, 'totalInactiveFile', 'uint64'],
  [31, 'totalActiveFile', 'uint64'],
  [32, 'totalUnevictable', 'uint64'],
  [33, 'usage', () => MemoryEntry],
  [34, 'swap', () => MemoryEntry],
  [35, 'kernel', () => MemoryEntry],
  [36, 'kernelTcp', () => MemoryEntry],
]);

export interface MemoryEntry {
  limit: number;
  usage: number;
  max: number;
  failcnt: number;
}
export const MemoryEntry: Codec<MemoryEntry> = message<MemoryEntry>('io.containerd.cgroups.v1.MemoryEntry', [
  [1, 'limit', 'uint64'],
  [2, 'usage', 'uint64'],
  [3, 'max', 'uint64'],
  [4, 'failcnt', 'uint64'],
]);

export interface MemoryOomControl {
  oomKillDisable: number;
  underOom: number;
  oomKill: number;
}
export const MemoryOomControl: Codec<MemoryOomControl> = message<MemoryOomControl>('io.containerd.cgroups.v1.MemoryOomControl', [
  [1, 'oomKillDisable', 'uint64'],
  [2, 'underOom', 'uint64'],
  [3, 'oomKill', 'uint64'],
]);

export interface BlkIOStat {
  ioServiceBytesRecursive: BlkIOEntry[];
  ioServicedRecursive: BlkIOEntry[];
  ioQueuedRecursive: BlkIOEntry[];
  ioServiceTimeRecursive: BlkIOEntry[];
  ioWaitTimeRecursive: BlkIOEntry[];
  ioMergedRecursive: BlkIOEntry[];
  ioTimeRecursive: BlkIOEntry[];
  sectorsRecursive: BlkIOEntry[];
}
export const BlkIOStat: Codec<BlkIOStat> = message<BlkIOStat>('io.containerd.cgroups.v1.BlkIOStat', [
  [1, 'ioServiceBytesRecursive', () => BlkIOEntry, 'repeated'],
  [2, 'ioServicedRecursive', () => BlkIOEntry, 'repeated'],
  [3, 'ioQueuedRecursive', () => BlkIOEntry, 'repeated'],
  [4, 'ioServiceTimeRecursive', () => BlkIOEntry, 'repeated'],
  [5, 'ioWaitTimeRecursive', () => BlkIOEntry, 'repeated'],
  [6, 'ioMergedRecursive', () => BlkIOEntry, 'repeated'],
  [7, 'ioTimeRecursive', () => BlkIOEntry, 'repeated'],
  [8, 'sectorsRecursive', () => BlkIOEntry, 'repeated'],
]);

export interface BlkIOEntry {
  op: string;
  device: string;
  major: number;
  minor: number;
  value: number;
}
export const BlkIOEntry: Codec<BlkIOEntry> = message<BlkIOEntry>('io.containerd.cgroups.v1.BlkIOEntry', [
  [1, 'op', 'string'],
  [2, 'device', 'string'],
  [3, 'major', 'uint64'],
  [4, 'minor', 'uint64'],
  [5, 'value', 'uint64'],
]);

export interface RdmaStat {
  current: RdmaEntry[];
  limit: RdmaEntry[];
}
export const RdmaStat: Codec<RdmaStat> = message<RdmaStat>('io.containerd.cgroups.v1.RdmaStat', [
  [1, 'current', () => RdmaEntry, 'repeated'],
  [2, 'limit', () => RdmaEntry, 'repeated'],
]);

export interface RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}
export const RdmaEntry: Codec<RdmaEntry> = message<RdmaEntry>('io.containerd.cgroups.v1.RdmaEntry', [
  [1, 'device', 'string'],
  [2, 'hcaHandles', 'uint32'],
  [3, 'hcaObjects', 'uint32'],
]);

export interface NetworkStat {
  name: string;
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
}
export const NetworkStat: Codec<NetworkStat> = message<NetworkStat>('io.containerd.cgroups.v1.NetworkStat', [
  [1, 'name', 'string'],
  [2, 'rxBytes', 'uint64'],
  [3, 'rxPackets', 'uint64'],
  [4, 'rxErrors', 'uint64'],
  [5, 'rxDropped', 'uint64'],
  [6, 'txBytes', 'uint64'],
  [7, 'txPackets', 'uint64'],
  [8, 'txErrors', 'uint64'],
  [9, 'txDropped', 'uint64'],
]);

export interface CgroupStats {
  nrSleeping: number;
  nrRunning: number;
  nrStopped: number;
  nrUninterruptible: number;
  nrIoWait: number;
}
export const CgroupStats: Codec<CgroupStats> = message<CgroupStats>('io.containerd.cgroups.v1.CgroupStats', [
  [1, 'nrSleeping', 'uint64'],
  [2, 'nrRunning', 'uint64'],
  [3, 'nrStopped', 'uint64'],
  [4, 'nrUninterruptible', 'uint64'],
  [5, 'nrIoWait', 'uint64'],
]);
