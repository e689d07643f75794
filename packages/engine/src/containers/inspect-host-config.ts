/** The `HostConfig` of `docker inspect`. */
import type { HostConfig } from '../api/schemas/host-config.ts';

const shownOnlyIfSet = ['Annotations', 'StorageOpt', 'Tmpfs', 'Sysctls', 'Mounts', 'Init'] as const;
/** Lists that Docker shows empty rather than null. */
const neverNull = [
  'BlkioWeightDevice', 'BlkioDeviceReadBps', 'BlkioDeviceWriteBps', 'BlkioDeviceReadIOps', 'BlkioDeviceWriteIOps', 'Devices', 'Ulimits',
] as const; // biome-ignore format: a list

export function inspectHostConfig(config: HostConfig): object {
  const shown: Record<string, unknown> = { ...config, OomKillDisable: config.OomKillDisable ?? false };
  for (const key of shownOnlyIfSet) if (config[key] === null) delete shown[key];
  for (const key of neverNull) shown[key] = config[key] ?? [];
  return shown;
}
