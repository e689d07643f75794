/** Metrics of cgroup v2 (kernel documentation, admin-guide/cgroup-v2). */
import type { Input } from '@drydock/rpc/codec';
import type { IOEntry, Metrics } from '@drydock/rpc/generated/cgroups_v2';
import { readNumber, readTable, readText } from './files.ts';

/** Names of memory.stat that the message has under the same name in camelCase. */
const memoryNames = [
  'anon',
  'file',
  'kernel_stack',
  'slab',
  'sock',
  'shmem',
  'file_mapped',
  'file_dirty',
  'file_writeback',
  'anon_thp',
  'inactive_anon',
  'active_anon',
  'inactive_file',
  'active_file',
  'unevictable',
  'slab_reclaimable',
  'slab_unreclaimable',
  'pgfault',
  'pgmajfault',
  'workingset_refault',
  'workingset_activate',
  'workingset_nodereclaim',
  'pgrefill',
  'pgscan',
  'pgsteal',
  'pgactivate',
  'pgdeactivate',
  'pglazyfree',
  'pglazyfreed',
  'thp_fault_alloc',
  'thp_collapse_alloc',
] as const;

/** Reads the files of one cgroup. */
export function metricsV2(directory: string | undefined): Input<Metrics> {
  const cpu = readTable(directory, 'cpu.stat');
  const events = readTable(directory, 'memory.events');
  const stat = readTable(directory, 'memory.stat');
  const memory = Object.fromEntries(memoryNames.map((name) => [camelCase(name), stat[name] ?? 0]));
  return {
    pids: { current: readNumber(directory, 'pids.current'), limit: readNumber(directory, 'pids.max') },
    cpu: {
      usageUsec: cpu.usage_usec,
      userUsec: cpu.user_usec,
      systemUsec: cpu.system_usec,
      nrPeriods: cpu.nr_periods,
      nrThrottled: cpu.nr_throttled,
      throttledUsec: cpu.throttled_usec,
    },
    memory: {
      ...memory,
      usage: readNumber(directory, 'memory.current'),
      usageLimit: readNumber(directory, 'memory.max'),
      swapUsage: readNumber(directory, 'memory.swap.current'),
      swapLimit: readNumber(directory, 'memory.swap.max'),
    },
    io: {
      usage: readText(directory, 'io.stat')
        .split('\n')
        .map(ioEntry)
        .filter((entry) => entry !== undefined),
    },
    memoryEvents: { low: events.low, high: events.high, max: events.max, oom: events.oom, oomKill: events.oom_kill },
  };
}

/** A line such as `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
function ioEntry(line: string): Input<IOEntry> | undefined {
  const match = /^(\d+):(\d+) (.*)$/.exec(line);
  if (match === null) return undefined;
  const values = Object.fromEntries((match[3] ?? '').split(' ').map((pair) => pair.split('=')));
  const { rbytes = 0, wbytes = 0, rios = 0, wios = 0 } = values;
  return {
    major: Number(match[1]),
    minor: Number(match[2]),
    rbytes: Number(rbytes),
    wbytes: Number(wbytes),
    rios: Number(rios),
    wios: Number(wios),
  };
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
