/** Reads an image from the content store: from a name's target through index, manifest and configuration. */
import { chainId } from '@drydock/oci/digest';
import { ImageConfig, Index, Manifest } from '@drydock/oci/image-spec';
import { isIndex } from '@drydock/oci/media-types';
import { choosePlatform } from '@drydock/oci/platform';
import { isKind } from '@drydock/rpc/errors';
import { readBlob } from '@drydock/transfer/blobs';
import type { z } from 'zod';
import type { Containerd } from '../containerd/clients.ts';
import { systemError } from '../errors.ts';
import type { Image, Target } from './image.ts';

/** Reads the image that a target stands for on this machine. Throws if a document is missing or malformed. */
export async function readImage(containerd: Containerd, target: Target): Promise<Image> {
  const manifestTarget = await resolveManifest(containerd, target);
  const manifest = await readDocument(containerd, manifestTarget.digest, Manifest);
  const config = await readDocument(containerd, manifest.config.digest, ImageConfig);
  const diffIds = config.rootfs.diff_ids ?? [];
  const layerSizes = await Promise.all(
    diffIds.map((_, index) => usage(containerd, chainId(diffIds.slice(0, index + 1)))),
  );
  return {
    id: manifest.config.digest,
    manifestTarget,
    manifest,
    config,
    diffIds,
    chainId: chainId(diffIds),
    layerSizes,
    size: layerSizes.reduce((sum, size) => sum + size, 0),
  };
}

/** The manifest for this machine's platform behind a target. */
export async function resolveManifest(containerd: Pick<Containerd, 'content'>, target: Target): Promise<Target> {
  if (!isIndex(target.mediaType)) return target;
  const index = await readDocument(containerd, target.digest, Index);
  const chosen = choosePlatform(index.manifests) ?? (index.manifests.length === 1 ? index.manifests[0] : undefined);
  if (chosen === undefined)
    throw systemError(`no matching manifest for linux/${process.arch} in the manifest list entries`);
  return resolveManifest(containerd, chosen);
}

/** Reads and checks a JSON blob. */
export async function readDocument<S extends z.ZodType>(
  { content }: Pick<Containerd, 'content'>,
  digest: string,
  schema: S,
): Promise<z.output<S>> {
  return parseDocument(await readBlob(content, digest), digest, schema);
}

/** Checks a JSON document; the error names the document and the field. */
export function parseDocument<S extends z.ZodType>(bytes: Buffer, name: string, schema: S): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw systemError(`${name}: not a JSON document`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw systemError(`${name}: field ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The bytes of one layer; zero if it is not unpacked. */
async function usage({ snapshots, snapshotter }: Containerd, key: string): Promise<number> {
  try {
    return (await snapshots.usage({ snapshotter, key })).size;
  } catch (error) {
    if (isKind(error, 'not found')) return 0;
    throw error;
  }
}
