// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';

export interface Metrics {
  pids: PidsStat | undefined;
  cpu: CPUStat | undefined;
  memory: MemoryStat | undefined;
  rdma: RdmaStat | undefined;
  io: IOStat | undefined;
  hugetlb: HugeTlbStat[];
  memoryEvents: MemoryEvents | undefined;
}
export const Metrics: Codec<Metrics> = message<Metrics>('io.containerd.cgroups.v2.Metrics', [
  [1, 'pids', () => PidsStat],
  [2, 'cpu', () => CPUStat],
  [4, 'memory', () => MemoryStat],
  [5, 'rdma', () => RdmaStat],
  [6, 'io', () => IOStat],
  [7, 'hugetlb', () => HugeTlbStat, 'repeated'],
  [8, 'memoryEvents', () => MemoryEvents],
]);

export interface PidsStat {
  current: number;
  limit: number;
}
export const PidsStat: Codec<PidsStat> = message<PidsStat>('io.containerd.cgroups.v2.PidsStat', [
  [1, 'current', 'uint64'],
  [2, 'limit', 'uint64'],
]);

export interface CPUStat {
  usageUsec: number;
  userUsec: number;
  systemUsec: number;
  nrPeriods: number;
  nrThrottled: number;
  throttledUsec: number;
}
export const CPUStat: Codec<CPUStat> = message<CPUStat>('io.containerd.cgroups.v2.CPUStat', [
  [1, 'usageUsec', 'uint64'],
  [2, 'userUsec', 'uint64'],
  [3, 'systemUsec', 'uint64'],
  [4, 'nrPeriods', 'uint64'],
  [5, 'nrThrottled', 'uint64'],
  [6, 'throttledUsec', 'uint64'],
]);

export interface MemoryStat {
  anon: number;
  file: number;
  kernelStack: number;
  slab: number;
  sock: number;
  shmem: number;
  fileMapped: number;
  fileDirty: number;
  fileWriteback: number;
  anonThp: number;
  inactiveAnon: number;
  activeAnon: number;
  inactiveFile: number;
  activeFile: number;
  unevictable: number;
  slabReclaimable: number;
  slabUnreclaimable: number;
  pgfault: number;
  pgmajfault: number;
  workingsetRefault: number;
  workingsetActivate: number;
  workingsetNodereclaim: number;
  pgrefill: number;
  pgscan: number;
  pgsteal: number;
  pgactivate: number;
  pgdeactivate: number;
  pglazyfree: number;
  pglazyfreed: number;
  thpFaultAlloc: number;
  thpCollapseAlloc: number;
  usage: number;
  usageLimit: number;
  swapUsage: number;
  swapLimit: number;
}
export const MemoryStat: Codec<MemoryStat> = message<MemoryStat>('io.containerd.cgroups.v2.MemoryStat', [
  [1, 'anon', 'uint64'],
  [2, 'file', 'uint64'],
  [3, 'kernelStack', 'uint64'],
  [4, 'slab', 'uint64'],
  [5, 'sock', 'uint64'],
  [6, 'shmem', 'uint64'],
  [7, 'fileMapped', 'uint64'],
  [8, 'fileDirty', 'uint64'],
  [9, 'fileWriteback', 'uint64'],
  [10, 'anonThp', 'uint64'],
  [11, 'inactiveAnon', 'uint64'],
  [12, 'activeAnon', 'uint64'],
  [13, 'inactiveFile', 'uint64'],
  [14, 'activeFile', 'uint64'],
  [15, 'unevictable', 'uint64'],
  [16, 'slabReclaimable', 'uint64'],
  [17, 'slabUnreclaimable', 'uint64'],
  [18, 'pgfault', 'uint64'],
  [19, 'pgmajfault', 'uint64'],
  [20, 'workingsetRefault', 'uint64'],
  [21, 'workingsetActivate', 'uint64'],
  [22, 'workingsetNodereclaim', 'uint64'],
  [23, 'pgrefill', 'uint64'],
  [24, 'pgscan', 'uint64'],
  [25, 'pgsteal', 'uint64'],
  [26, 'pgactivate', 'uint64'],
  [27, 'pgdeactivate', 'uint64'],
  [28, 'pglazyfree', 'uint64'],
  [29, 'pglazyfreed', 'uint64'],
  [30, 'thpFaultAlloc', 'uint64'],
  [31, 'thpCollapseAlloc', 'uint64'],
  [32, 'usage', 'uint64'],
  [33, 'usageLimit', 'uint64'],
  [34, 'swapUsage', 'uint64'],
  [35, 'swapLimit', 'uint64'],
]);

export interface MemoryEvents {
  low: number;
  high: number;
  max: number;
  oom: number;
  oomKill: number;
}
export const MemoryEvents: Codec<MemoryEvents> = message<MemoryEvents>('io.containerd.cgroups.v2.MemoryEvents', [
  [1, 'low', 'uint64'],
  [2, 'high', 'uint64'],
  [3, 'max', 'uint64'],
  [4, 'oom', 'uint64'],
  [5, 'oomKill', 'uint64'],
]);

export interface IOStat {
  usage: IOEntry[];
}
export const IOStat: Codec<IOStat> = message<IOStat>('io.containerd.cgroups.v2.IOStat', [
  [1, 'usage', () => IOEntry, 'repeated'],
]);

export interface IOEntry {
  major: number;
  minor: number;
  rbytes: number;
  wbytes: number;
  rios: number;
  wios: number;
}
export const IOEntry: Codec<IOEntry> = message<IOEntry>('io.containerd.cgroups.v2.IOEntry', [
  [1, 'major', 'uint64'],
  [2, 'minor', 'uint64'],
  [3, 'rbytes', 'uint64'],
  [4, 'wbytes', 'uint64'],
  [5, 'rios', 'uint64'],
  [6, 'wios', 'uint64'],
]);

export interface HugeTlbStat {
  current: number;
  max: number;
  pagesize: string;
}
export const HugeTlbStat: Codec<HugeTlbStat> = message<HugeTlbStat>('io.containerd.cgroups.v2.HugeTlbStat', [
  [1, 'current', 'uint64'],
  [2, 'max', 'uint64'],
  [3, 'pagesize', 'string'],
]);

export interface RdmaStat {
  current: RdmaEntry[];
  limit: RdmaEntry[];
}
export const RdmaStat: Codec<RdmaStat> = message<RdmaStat>('io.containerd.cgroups.v2.RdmaStat', [
  [1, 'current', () => RdmaEntry, 'repeated'],
  [2, 'limit', () => RdmaEntry, 'repeated'],
]);

export interface RdmaEntry {
  device: string;
  hcaHandles: number;
  hcaObjects: number;
}
export const RdmaEntry: Codec<RdmaEntry> = message<RdmaEntry>('io.containerd.cgroups.v2.RdmaEntry', [
  [1, 'device', 'string'],
  [2, 'hcaHandles', 'uint32'],
  [3, 'hcaObjects', 'uint32'],
]);
