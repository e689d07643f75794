/** The configuration of the devmapper snapshotter: containerd's keys (docs/snapshotters/devmapper.md of containerd). */
import { z } from 'zod';

export interface DeviceMapperConfig {
  readonly poolName: string;
  readonly rootPath: string;
  /** Bytes of every device. */
  readonly baseImageSize: number;
  readonly fsType: 'ext4' | 'xfs';
  /** Whether the blocks of a removed snapshot are given back to the device below. */
  readonly discardBlocks: boolean;
}

/** Whether files go at once or later is all the same here: they go with the next collection, as those of all snapshotters. */
const Keys = z.looseObject({
  pool_name: z.string().default(''),
  root_path: z.string().default(''),
  base_image_size: z.string().default(''),
  fs_type: z.string().default(''),
  discard_blocks: z.boolean().default(false),
  async_remove: z.boolean().default(false),
});

/** Reads the keys. Throws an error in containerd's words for one that is wrong or missing. */
export function readDeviceMapperConfig(table: unknown, defaultRoot: string): DeviceMapperConfig {
  const keys = Keys.parse(table ?? {});
  if (keys.pool_name === '') throw new Error('devmapper not configured');
  if (keys.base_image_size === '') throw new Error('base_image_size is required');
  const fsType = keys.fs_type === '' ? 'ext4' : keys.fs_type;
  if (fsType !== 'ext4' && fsType !== 'xfs') throw new Error(`unsupported Filesystem Type: ${JSON.stringify(fsType)}`);
  return {
    poolName: keys.pool_name,
    rootPath: keys.root_path === '' ? defaultRoot : keys.root_path,
    baseImageSize: parseSize(keys.base_image_size),
    fsType,
    discardBlocks: keys.discard_blocks,
  };
}

const units = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes of a size such as `10GB`, `512MiB` or `1g`: units are powers of 1024, as Go's docker/go-units takes them. */
function parseSize(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])i?)?b?$/i.exec(text) ?? [];
  if (number === undefined) throw new Error(`failed to parse base image size: '${text}': invalid size: '${text}'`);
  return Math.floor(Number(number) * 1024 ** units.indexOf((unit ?? '').toLowerCase()));
}
