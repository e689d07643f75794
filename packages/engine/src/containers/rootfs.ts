/** A container's file tree in the snapshotter: made, found again, removed. */
import { isKind } from '@drydock/rpc/errors';
import type { Mount } from '@drydock/rpc/generated/types';
import type { Engine } from '../engine.ts';
import type { Image } from '../images/image.ts';
import type { Container } from './container.ts';

/** Keeps a snapshot from garbage collection until it is removed. */
const keepLabel = { 'containerd.io/gc.root': '1970-01-01T00:00:00Z' };

/** Makes a container's snapshot on top of its image. */
export async function createRootfs(engine: Engine, id: string, image: Image): Promise<Mount[]> {
  const prepare = async (): Promise<Mount[]> => {
    const parent = await engine.baseLayers.ensure(engine, image);
    const { snapshots, snapshotter } = engine.containerd;
    return (await snapshots.prepare({ snapshotter, key: id, parent, labels: keepLabel })).mounts;
  };
  try {
    return await prepare();
  } catch (error) {
    if (!isKind(error, 'not found')) throw error;
    // The base layer that is remembered was collected: the image was removed and came back.
    engine.baseLayers.forget(image);
    return prepare();
  }
}

/** The mounts of a container's snapshot. */
export async function rootfsMounts(
  { containerd: { snapshots, snapshotter } }: Engine,
  container: Container,
): Promise<readonly Mount[]> {
  container.rootfs ??= (await snapshots.mounts({ snapshotter, key: container.id })).mounts;
  return container.rootfs;
}

/** Removes a container's snapshot; one that is gone already is no error. */
export async function removeRootfs({ containerd: { snapshots, snapshotter } }: Engine, id: string): Promise<void> {
  try {
    await snapshots.remove({ snapshotter, key: id });
  } catch (error) {
    if (!isKind(error, 'not found')) throw error;
  }
}
