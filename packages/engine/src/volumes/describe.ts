/** A volume in the API's shape. */
import type { Volume } from './volume-store.ts';

export function describeVolume({ name, createdAt, labels, options, mountpoint }: Volume): object {
  return {
    CreatedAt: createdAt,
    Driver: 'local',
    Labels: labels,
    Mountpoint: mountpoint,
    Name: name,
    Options: options,
    Scope: 'local',
  };
}
