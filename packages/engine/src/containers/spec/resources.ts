/** A container's limits in the runtime's terms. */
import type { Resources } from '@drydock/oci/runtime-spec';
import type { z } from 'zod';
import type { HostConfig, UpdateConfig } from '../../api/schemas/host-config.ts';
import { deviceNumber } from './devices.ts';

type Limits = Pick<HostConfig, keyof z.output<typeof UpdateConfig> & keyof HostConfig>;

/** CPU time is shared out in periods of 100 ms unless said otherwise. */
const defaultPeriod = 100_000;

/** The limits of a new container; devices are added elsewhere. */
export function containerResources(limits: Limits): Resources {
  return {
    memory: memory(limits),
    cpu: cpu(limits),
    ...(limits.PidsLimit ? { pids: { limit: limits.PidsLimit } } : {}),
    blockIO: blockIo(limits),
  };
}

function memory({
  Memory,
  MemoryReservation,
  MemorySwap,
  MemorySwappiness,
  OomKillDisable,
}: Limits): NonNullable<Resources['memory']> {
  // Without a word on swap, as much again as memory.
  const swap = Memory > 0 && MemorySwap === 0 ? Memory * 2 : MemorySwap;
  return {
    ...(Memory > 0 ? { limit: Memory } : {}),
    ...(MemoryReservation > 0 ? { reservation: MemoryReservation } : {}),
    ...(swap !== 0 ? { swap } : {}),
    ...(MemorySwappiness !== null && MemorySwappiness !== -1 ? { swappiness: MemorySwappiness } : {}),
    ...(OomKillDisable ? { disableOOMKiller: true } : {}),
  };
}

function cpu(limits: Limits): NonNullable<Resources['cpu']> {
  const { CpuShares, NanoCpus, CpuPeriod, CpuQuota, CpuRealtimePeriod, CpuRealtimeRuntime, CpusetCpus, CpusetMems } =
    limits;
  const [period, quota] =
    NanoCpus > 0 ? [defaultPeriod, Math.floor((NanoCpus * defaultPeriod) / 1e9)] : [CpuPeriod, CpuQuota];
  return {
    ...(CpuShares > 0 ? { shares: CpuShares } : {}),
    ...(period > 0 ? { period } : {}),
    ...(quota !== 0 ? { quota } : {}),
    ...(CpuRealtimePeriod > 0 ? { realtimePeriod: CpuRealtimePeriod } : {}),
    ...(CpuRealtimeRuntime > 0 ? { realtimeRuntime: CpuRealtimeRuntime } : {}),
    ...(CpusetCpus === '' ? {} : { cpus: CpusetCpus }),
    ...(CpusetMems === '' ? {} : { mems: CpusetMems }),
  };
}

function blockIo(limits: Limits): NonNullable<Resources['blockIO']> {
  const throttled = (devices: Limits['BlkioDeviceReadBps']) =>
    devices === null || devices.length === 0
      ? undefined
      : devices.map(({ Path, Rate }) => ({ ...deviceNumber(Path), rate: Rate }));
  const weights = limits.BlkioWeightDevice ?? [];
  const found = {
    throttleReadBpsDevice: throttled(limits.BlkioDeviceReadBps),
    throttleWriteBpsDevice: throttled(limits.BlkioDeviceWriteBps),
    throttleReadIOPSDevice: throttled(limits.BlkioDeviceReadIOps),
    throttleWriteIOPSDevice: throttled(limits.BlkioDeviceWriteIOps),
  };
  return {
    ...(limits.BlkioWeight > 0 ? { weight: limits.BlkioWeight } : {}),
    ...(weights.length > 0
      ? { weightDevice: weights.map(({ Path, Weight }) => ({ ...deviceNumber(Path), weight: Weight })) }
      : {}),
    ...Object.fromEntries(Object.entries(found).filter(([, devices]) => devices !== undefined)),
  };
}
