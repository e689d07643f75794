/** Unpacks an image: each layer on the snapshot of those below it, committed under its chain id. */
import { randomBytes } from 'node:crypto';
import { chainId } from '@drydock/oci/digest';
import { isKind } from '@drydock/rpc/errors';
import type { Supervisor } from '../context.ts';
import { readImage } from '../run/image.ts';

/** Unpacks what is not unpacked yet. A layer that fails leaves no snapshot. */
export async function unpack(supervisor: Supervisor, name: string, snapshotter: string): Promise<void> {
  const { manifest, config, chain } = await readImage(supervisor, name);
  const ids = config.rootfs.diff_ids ?? [];
  for (const [index, layer] of manifest.layers.entries()) {
    const target = chainId(ids.slice(0, index + 1));
    if (await exists(supervisor, snapshotter, target)) continue;
    const key = `extract-${randomBytes(4).toString('hex')} ${target}`;
    const parent = index === 0 ? '' : chainId(ids.slice(0, index));
    const { mounts } = await supervisor.snapshots.prepare({ snapshotter, key, parent });
    try {
      const { applied } = await supervisor.diff.apply({ diff: layer, mounts });
      if (applied?.digest !== ids[index])
        throw new Error(`wrong diff id calculated on extraction "${applied?.digest}"`);
      await supervisor.snapshots.commit({ snapshotter, name: target, key });
    } catch (error) {
      await supervisor.snapshots.remove({ snapshotter, key });
      throw error;
    }
    const label = 'containerd.io/uncompressed';
    const info = { digest: layer.digest, labels: { [label]: ids[index] ?? '' } };
    await supervisor.content.update({ info, updateMask: { paths: [`labels.${label}`] } });
  }
  const label = `containerd.io/gc.ref.snapshot.${snapshotter}`;
  const info = { digest: manifest.config.digest, labels: { [label]: chain } };
  await supervisor.content.update({ info, updateMask: { paths: [`labels.${label}`] } });
}

async function exists(supervisor: Supervisor, snapshotter: string, key: string): Promise<boolean> {
  try {
    await supervisor.snapshots.stat({ snapshotter, key });
    return true;
  } catch (error) {
    if (isKind(error, 'not found')) return false;
    throw error;
  }
}
