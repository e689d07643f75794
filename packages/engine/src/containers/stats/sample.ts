/** One measurement of a container, in Docker's shape, from containerd's metrics of cgroup v1 or v2. */
import { readFileSync } from 'node:fs';
import { holds, unpackAny } from '@drydock/rpc/any';
import { type BlkIOEntry, Metrics as V1 } from '@drydock/rpc/generated/cgroups_v1';
import { Metrics as V2 } from '@drydock/rpc/generated/cgroups_v2';
import type { Any } from '@drydock/rpc/generated/google';
import { timestamp } from '../../clock.ts';

/** The part of a stats answer that is measured. */
export interface Sample {
  readonly read: string;
  readonly pids: object;
  readonly blkio: object;
  readonly cpu: object;
  readonly memory: object;
}

interface Machine {
  readonly cpus: number;
  readonly memory: number;
}

const nanosPerTick = 10_000_000;

export function sampleOf(data: Any, machine: Machine): Sample {
  return {
    read: timestamp(),
    ...(holds(data, V2) ? fromV2(unpackAny(V2, data), machine) : fromV1(unpackAny(V1, data), machine)),
  };
}

function fromV1({ pids, cpu, memory, blkio }: V1, machine: Machine): Omit<Sample, 'read'> {
  const limit = memory?.usage?.limit ?? 0;
  const { usage, throttling } = cpu ?? {};
  return {
    pids: { current: pids?.current ?? 0, ...(pids?.limit ? { limit: pids.limit } : {}) },
    blkio: {
      io_service_bytes_recursive: entries(blkio?.ioServiceBytesRecursive),
      io_serviced_recursive: entries(blkio?.ioServicedRecursive),
      io_queue_recursive: entries(blkio?.ioQueuedRecursive),
      io_service_time_recursive: entries(blkio?.ioServiceTimeRecursive),
      io_wait_time_recursive: entries(blkio?.ioWaitTimeRecursive),
      io_merged_recursive: entries(blkio?.ioMergedRecursive),
      io_time_recursive: entries(blkio?.ioTimeRecursive),
      sectors_recursive: entries(blkio?.sectorsRecursive),
    },
    cpu: {
      cpu_usage: {
        total_usage: usage?.total ?? 0,
        percpu_usage: usage?.perCpu ?? [],
        usage_in_kernelmode: usage?.kernel ?? 0,
        usage_in_usermode: usage?.user ?? 0,
      },
      ...systemCpu(machine),
      throttling_data: {
        periods: throttling?.periods ?? 0,
        throttled_periods: throttling?.throttledPeriods ?? 0,
        throttled_time: throttling?.throttledTime ?? 0,
      },
    },
    memory: {
      usage: memory?.usage?.usage ?? 0,
      max_usage: memory?.usage?.max ?? 0,
      ...(memory?.usage?.failcnt ? { failcnt: memory.usage.failcnt } : {}),
      stats: snakeCase(memory ?? {}),
      limit: limit > machine.memory || limit === 0 ? machine.memory : limit,
    },
  };
}

function fromV2({ pids, cpu, memory, io }: V2, machine: Machine): Omit<Sample, 'read'> {
  const limit = memory?.usageLimit ?? 0;
  const bytes = (io?.usage ?? []).flatMap(({ major, minor, rbytes, wbytes }) => [
    { major, minor, op: 'read', value: rbytes },
    { major, minor, op: 'write', value: wbytes },
  ]);
  return {
    pids: { current: pids?.current ?? 0, ...(pids?.limit ? { limit: pids.limit } : {}) },
    blkio: {
      io_service_bytes_recursive: bytes,
      io_serviced_recursive: null,
      io_queue_recursive: null,
      io_service_time_recursive: null,
      io_wait_time_recursive: null,
      io_merged_recursive: null,
      io_time_recursive: null,
      sectors_recursive: null,
    },
    cpu: {
      cpu_usage: {
        total_usage: (cpu?.usageUsec ?? 0) * 1000,
        usage_in_kernelmode: (cpu?.systemUsec ?? 0) * 1000,
        usage_in_usermode: (cpu?.userUsec ?? 0) * 1000,
      },
      ...systemCpu(machine),
      throttling_data: {
        periods: cpu?.nrPeriods ?? 0,
        throttled_periods: cpu?.nrThrottled ?? 0,
        throttled_time: (cpu?.throttledUsec ?? 0) * 1000,
      },
    },
    memory: {
      usage: memory?.usage ?? 0,
      stats: snakeCase(memory ?? {}),
      limit: limit > machine.memory || limit === 0 ? machine.memory : limit,
    },
  };
}

function entries(list: readonly BlkIOEntry[] | undefined): object[] {
  return (list ?? []).map(({ major, minor, op, value }) => ({ major, minor, op, value }));
}

/** The counters of a message under the kernel's names; what is no number stands elsewhere in the answer. */
function snakeCase(message: object): Record<string, number> {
  const names: Readonly<Record<string, string>> = {
    pg_pg_in: 'pgpgin',
    pg_pg_out: 'pgpgout',
    pg_fault: 'pgfault',
    pg_maj_fault: 'pgmajfault',
    hierarchical_swap_limit: 'hierarchical_memsw_limit',
  };
  const kernelName = (key: string): string => {
    const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const total = snake.startsWith('total_') ? 'total_' : '';
    const rest = snake.slice(total.length);
    return `${total}${names[rest] ?? rest}`;
  };
  return Object.fromEntries(
    Object.entries(message)
      .filter(([, value]) => typeof value === 'number')
      .map(([key, value]) => [kernelName(key), value]),
  );
}

/** The time that all processors of the machine have spent: the first line of /proc/stat, in ticks of 10 ms. */
function systemCpu({ cpus }: Machine): { system_cpu_usage: number; online_cpus: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = line.trim().split(/\s+/).slice(1, 8).map(Number);
  return { system_cpu_usage: ticks.reduce((sum, tick) => sum + tick, 0) * nanosPerTick, online_cpus: cpus };
}
