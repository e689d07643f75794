/** `GET /system/df`. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { listContainers } from '../containers/list.ts';
import { volumeUsers } from '../containers/realize-mounts.ts';
import type { Engine } from '../engine.ts';
import { summarize } from '../images/list.ts';
import { describeVolume } from '../volumes/describe.ts';

export async function diskUsage(engine: Engine): Promise<object> {
  const containers = await listContainers(engine, { all: true, limit: 0, size: true, filters: new Map() });
  const layers = new Map<string, number>();
  for (const { diffIds, layerSizes } of engine.images.list())
    for (const [index, id] of diffIds.entries()) layers.set(id, layerSizes[index] ?? 0);
  const uses = (id: string): number => engine.containers.list().filter(({ record }) => record.imageId === id).length;
  return {
    LayersSize: [...layers.values()].reduce((sum, size) => sum + size, 0),
    Images: engine.images
      .list()
      .map((image) => ({ ...summarize(engine, image), Containers: uses(image.id), SharedSize: 0 })),
    Containers: containers,
    Volumes: engine.volumes.list().map((volume) => ({
      ...describeVolume(volume),
      UsageData: { RefCount: volumeUsers(engine, volume.name).length, Size: directorySize(volume.mountpoint) },
    })),
    BuildCache: [],
  };
}

/** Bytes of the files below a directory. */
export function directorySize(directory: string): number {
  return readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(directory, entry.name);
    return sum + (entry.isDirectory() ? directorySize(path) : (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0));
  }, 0);
}
