/** Unpacks an image: each layer on the snapshot of those below it, verified, committed under its chain id. */
import { randomBytes } from 'node:crypto';
import { chainId } from '@drydock/oci/digest';
import type { Descriptor } from '@drydock/oci/image-spec';
import { isKind, RpcError } from '@drydock/rpc/errors';
import { labelBlob } from './blobs.ts';
import type { ImageServices } from './services.ts';
import type { PlatformImage } from './tree.ts';

type Services = Pick<ImageServices, 'content' | 'snapshots' | 'diff'>;

export interface UnpackOptions {
  readonly snapshotter: string;
  /** Waits until a layer's blob is there. */
  readonly ready?: (layer: Descriptor) => Promise<void>;
  readonly started?: (layer: Descriptor) => void;
  readonly finished?: (layer: Descriptor) => void;
}

/** Unpacks what is not unpacked yet; answers the chain id. A layer that fails leaves no snapshot. */
export async function unpack(services: Services, image: PlatformImage, options: UnpackOptions): Promise<string> {
  const { manifest, config } = image;
  const diffIds = config.rootfs.diff_ids ?? [];
  if (diffIds.length !== manifest.layers.length)
    throw new RpcError(
      'invalid argument',
      `image ${image.target.digest}: ${manifest.layers.length} layers, ${diffIds.length} diff ids: invalid argument`,
    );
  for (const [index, layer] of manifest.layers.entries()) {
    await options.ready?.(layer);
    const position = { parent: chainId(diffIds.slice(0, index)), chain: chainId(diffIds.slice(0, index + 1)) };
    if (!(await exists(services, options.snapshotter, position.chain))) {
      options.started?.(layer);
      await unpackLayer(services, layer, { ...position, diffId: diffIds[index]!, snapshotter: options.snapshotter });
    }
    await labelBlob(services.content, layer.digest, { 'containerd.io/uncompressed': diffIds[index]! });
    options.finished?.(layer);
  }
  const chain = chainId(diffIds);
  await labelBlob(services.content, manifest.config.digest, {
    [`containerd.io/gc.ref.snapshot.${options.snapshotter}`]: chain,
  });
  return chain;
}

/** Whether a snapshot is there. */
export async function exists(
  { snapshots }: Pick<Services, 'snapshots'>,
  snapshotter: string,
  key: string,
): Promise<boolean> {
  try {
    await snapshots.stat({ snapshotter, key });
    return true;
  } catch (error) {
    if (isKind(error, 'not found')) return false;
    throw error;
  }
}

interface Position {
  readonly snapshotter: string;
  readonly parent: string;
  readonly chain: string;
  readonly diffId: string;
}

async function unpackLayer({ snapshots, diff }: Services, layer: Descriptor, position: Position): Promise<void> {
  const { snapshotter, parent, chain, diffId } = position;
  const key = `extract-${randomBytes(6).toString('hex')} ${chain}`;
  const { mounts } = await snapshots.prepare({ snapshotter, key, parent });
  try {
    const { applied } = await diff.apply({ diff: layer, mounts });
    if (applied?.digest !== diffId)
      throw new RpcError('unknown', `wrong diff id calculated on extraction "${applied?.digest}"`);
    await snapshots.commit({ snapshotter, name: chain, key });
  } catch (error) {
    await snapshots.remove({ snapshotter, key });
    // Somebody else unpacked the same meanwhile.
    if (!isKind(error, 'already exists')) throw error;
  }
}
