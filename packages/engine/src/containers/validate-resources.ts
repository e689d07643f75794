/** Checks limits before they are used; what the machine cannot limit is left out with a warning. Docker's texts. */
import { readFileSync } from 'node:fs';
import type { HostConfig } from '../api/schemas/host-config.ts';
import { badParameter } from '../errors.ts';
import type { HostFacts } from '../host.ts';

const minimumMemory = 6 * 1024 * 1024;

type Limits = Pick<
  HostConfig,
  | 'Memory' | 'MemorySwap' | 'MemorySwappiness' | 'MemoryReservation' | 'OomKillDisable' | 'PidsLimit' | 'NanoCpus' | 'CpuPeriod'
  | 'CpuQuota' | 'CpusetCpus' | 'CpusetMems' | 'BlkioWeight' | 'IOMaximumBandwidth' | 'IOMaximumIOps'
>; // biome-ignore format: a list

/** Throws for limits that cannot be; answers warnings. With `update`, some may be missing that stand already. */
export function validateResources(limits: Limits, host: HostFacts, { update }: { readonly update: boolean }): string[] {
  validateMemory(limits, update);
  validateCpu(limits, host);
  if (host.blkioWeight && limits.BlkioWeight > 0 && (limits.BlkioWeight < 10 || limits.BlkioWeight > 1000))
    throw badParameter('Range of blkio weight is from 10 to 1000');
  if (limits.IOMaximumBandwidth !== 0 || limits.IOMaximumIOps !== 0)
    throw badParameter('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
  const warnings: string[] = [];
  if (limits.BlkioWeight > 0 && !host.blkioWeight)
    warnings.push('Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.');
  if (limits.Memory > 0 && limits.MemorySwap !== -1 && !host.swapLimit)
    warnings.push(
      'Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.',
    );
  if (limits.OomKillDisable && limits.Memory === 0)
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  return warnings;
}

function validateMemory({ Memory, MemorySwap, MemorySwappiness, MemoryReservation }: Limits, update: boolean): void {
  if (Memory !== 0 && Memory < minimumMemory) throw badParameter('Minimum memory limit allowed is 6MB');
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory)
    throw badParameter('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (Memory === 0 && MemorySwap > 0 && !update)
    throw badParameter('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (MemorySwappiness !== null && MemorySwappiness !== -1 && (MemorySwappiness < 0 || MemorySwappiness > 100))
    throw badParameter(`Invalid value: ${MemorySwappiness}, valid memory swappiness range is 0-100`);
  if (MemoryReservation > 0 && MemoryReservation < minimumMemory)
    throw badParameter('Minimum memory reservation allowed is 6MB');
  if (Memory > 0 && MemoryReservation > Memory)
    throw badParameter('Minimum memory limit can not be less than memory reservation limit, see usage');
}

function validateCpu({ NanoCpus, CpuPeriod, CpuQuota, CpusetCpus, CpusetMems }: Limits, { cpus }: HostFacts): void {
  if (NanoCpus > 0 && CpuPeriod > 0)
    throw badParameter('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (NanoCpus > 0 && CpuQuota > 0)
    throw badParameter('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (NanoCpus < 0 || NanoCpus > cpus * 1e9)
    throw badParameter(`Range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`);
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000))
    throw badParameter('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (CpuQuota > 0 && CpuQuota < 1000) throw badParameter('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  validateSet(CpusetCpus, 'cpus', 'CPUs', '/sys/devices/system/cpu/online');
  validateSet(CpusetMems, 'mems', 'memory nodes', '/sys/devices/system/node/online');
}

function validateSet(text: string, name: string, what: string, onlinePath: string): void {
  if (text === '') return;
  const wanted = parseSet(text);
  if (wanted === undefined) throw badParameter(`Invalid value ${text} for cpuset ${name}: invalid format: ${text}`);
  const available = readFileSync(onlinePath, 'utf8').trim();
  const online = parseSet(available) ?? new Set();
  if ([...wanted].some((number) => !online.has(number)))
    throw badParameter(`Requested ${what} are not available - requested ${text}, available: ${available}`);
}

/** `0-2,5` as numbers; undefined if it is no such list. */
function parseSet(text: string): Set<number> | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last < first || last > 8192) return undefined;
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return numbers;
}
