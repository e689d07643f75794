/**
 * Applies a layer to a snapshot: decompressed, its digest taken on the way, unpacked where the mounts lead. An overlay's
 * upper directory is written to directly, with overlayfs' own whiteouts; no mount is needed for it, nor for a bind.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Digester } from '@drydock/oci/digest';
import type { Mount } from '@drydock/rpc/generated/types';
import { decompressFile } from './decompress.ts';
import { lowerParents } from './lower-parents.ts';
import { TarReader } from './tar-reader.ts';
import { withMounts } from './temporary-mount.ts';
import { Unpacker, type UnpackOptions } from './unpacker.ts';
import { overlayWhiteouts, removingWhiteouts } from './whiteouts.ts';

/** The layer as it is without compression: its digest is the image's diff id. */
export interface AppliedLayer {
  readonly digest: string;
  readonly size: number;
}

/**
 * Unpacks the layer in `blob` (a path). A layer that fails leaves nothing in a directory that was empty. What must be mounted
 * is mounted in `place`.
 */
export function applyLayer(blob: string, mounts: readonly Mount[], place?: string): Promise<AppliedLayer> {
  const [first] = mounts;
  if (mounts.length === 1 && first!.type === 'overlay') {
    const option = (name: string): string => {
      const found = first!.options.find((text) => text.startsWith(`${name}=`));
      return found === undefined ? '' : found.slice(name.length + 1);
    };
    const upper = option('upperdir');
    if (upper !== '') {
      const lower = option('lowerdir').split(':').filter(Boolean);
      return unpack(blob, upper, { whiteouts: overlayWhiteouts, parents: lowerParents(lower) });
    }
  }
  const isBind = mounts.length === 1 && ['bind', 'rbind'].some((word) => first!.options.includes(word));
  if (isBind && first!.options.includes('rw')) return unpack(blob, first!.source, { whiteouts: removingWhiteouts() });
  return withMounts(mounts, (directory) => unpack(blob, directory, { whiteouts: removingWhiteouts() }), place);
}

async function unpack(blob: string, directory: string, options: UnpackOptions): Promise<AppliedLayer> {
  const wasEmpty = readdirSync(directory).length === 0;
  const digester = new Digester();
  const unpacker = new Unpacker(directory, options);
  const reader = new TarReader(unpacker);
  try {
    for await (const chunk of decompressFile(blob)) {
      digester.update(chunk);
      reader.push(chunk);
    }
    reader.finish();
    unpacker.finish();
  } catch (error) {
    if (wasEmpty) for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
    throw error;
  } finally {
    unpacker.close();
  }
  return { digest: digester.digest(), size: digester.size };
}
