/** Unpacks an image's layers into snapshots, each verified against its diff id. */
import { randomBytes } from 'node:crypto';
import { chainId } from '@drydock/oci/digest';
import { isKind } from '@drydock/rpc/errors';
import type { Containerd } from '../containerd/clients.ts';
import { messageOf, rpcMessage, systemError } from '../errors.ts';
import type { Target } from './image.ts';

type Store = Pick<Containerd, 'diff' | 'snapshots' | 'snapshotter'>;

export interface Layer {
  readonly blob: Target;
  readonly diffId: string;
}

/** Hears of the layers, by their place from the bottom. */
export interface UnpackObserver {
  started?(index: number): void;
  finished?(index: number): void;
  /** Waits until the layer's blob is there. */
  ready?(index: number): Promise<void>;
}

/** Whether the snapshot of a stack of layers is there. */
export async function isUnpacked(
  { snapshots, snapshotter }: Pick<Containerd, 'snapshots' | 'snapshotter'>,
  chain: string,
): Promise<boolean> {
  try {
    await snapshots.stat({ snapshotter, key: chain });
    return true;
  } catch (error) {
    if (isKind(error, 'not found')) return false;
    throw error;
  }
}

/** Unpacks layers, lowest first; those that are there already are skipped. */
export async function unpack(store: Store, layers: readonly Layer[], observer: UnpackObserver = {}): Promise<void> {
  const diffIds = layers.map(({ diffId }) => diffId);
  for (const [index, layer] of layers.entries()) {
    await observer.ready?.(index);
    const chain = chainId(diffIds.slice(0, index + 1));
    if (!(await isUnpacked(store, chain))) {
      observer.started?.(index);
      await unpackLayer(store, layer, { index, parent: chainId(diffIds.slice(0, index)), chain });
    }
    observer.finished?.(index);
  }
}

async function unpackLayer(
  { diff, snapshots, snapshotter }: Store,
  { blob, diffId }: Layer,
  { index, parent, chain }: { index: number; parent: string; chain: string },
): Promise<void> {
  const key = `extract-${randomBytes(6).toString('hex')} ${chain}`;
  const { mounts } = await snapshots.prepare({ snapshotter, key, parent });
  try {
    const { applied } = await diff.apply({ diff: blob, mounts }).catch((error: unknown) => {
      throw systemError(`failed to register layer: ${rpcMessage(error)}`, { cause: error });
    });
    if (applied?.digest !== diffId)
      throw systemError(`invalid diffID for layer ${index}: expected "${diffId}", got "${applied?.digest}"`);
    await commit({ snapshots, snapshotter }, key, chain);
  } catch (error) {
    await snapshots.remove({ snapshotter, key }).catch((failure: unknown) => {
      // Gone already if the commit went through; otherwise the lease's end lets it go.
      if (!isKind(failure, 'not found')) throw new AggregateError([error, failure], messageOf(error));
    });
    throw error;
  }
}

/** Another pull may have made the same snapshot meanwhile. */
async function commit(
  { snapshots, snapshotter }: Pick<Containerd, 'snapshots' | 'snapshotter'>,
  key: string,
  name: string,
): Promise<void> {
  try {
    await snapshots.commit({ snapshotter, name, key });
  } catch (error) {
    if (!isKind(error, 'already exists')) throw error;
    await snapshots.remove({ snapshotter, key });
  }
}
