/** An image's documents, read from the content store. */
import { chainId } from '@drydock/oci/digest';
import { type Descriptor, ImageConfig, Index, Manifest } from '@drydock/oci/image-spec';
import { isIndex } from '@drydock/oci/media-types';
import type { Supervisor } from '../context.ts';

export interface ImageDocuments {
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  /** The name of the image's committed snapshot. */
  readonly chain: string;
}

/** Reads an image's manifest and config, for this machine's platform. Rejects with `not found`. */
export async function readImage(supervisor: Supervisor, name: string): Promise<ImageDocuments> {
  const { image } = await supervisor.images.get({ name });
  const { mediaType = '', digest = '' } = image?.target ?? {};
  const manifest = await readManifest(supervisor, mediaType, digest);
  const config = ImageConfig.parse(await readJson(supervisor, manifest.config.digest));
  return { manifest, config, chain: chainId(config.rootfs.diff_ids ?? []) };
}

async function readManifest(supervisor: Supervisor, mediaType: string, digest: string): Promise<Manifest> {
  const document = await readJson(supervisor, digest);
  if (!isIndex(mediaType)) return Manifest.parse(document);
  const wanted = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const { manifests } = Index.parse(document);
  const match = manifests.find(
    ({ platform }: Descriptor) =>
      platform === undefined || (platform.os === 'linux' && platform.architecture === wanted),
  );
  if (match === undefined) throw new Error(`no manifest for linux/${wanted} in ${digest}: not found`);
  return readManifest(supervisor, match.mediaType, match.digest);
}

/** A blob as JSON. */
export async function readJson(supervisor: Supervisor, digest: string): Promise<unknown> {
  const parts: Uint8Array[] = [];
  for await (const { data } of supervisor.content.read({ digest })) parts.push(data);
  return JSON.parse(Buffer.concat(parts).toString());
}
