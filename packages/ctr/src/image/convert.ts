/** Makes another form of an image: OCI's media types for Docker's, layers without compression, fewer platforms. */

import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type Descriptor, Index, Manifest } from '@drydock/oci/image-spec';
import { isIndex, layerCompression, MediaType } from '@drydock/oci/media-types';
import { readJson, streamBlob, writeBlob } from '@drydock/transfer/blobs';
import { chosenFrom, type Platforms, referenceLabels } from '@drydock/transfer/tree';
import type { Supervisor } from '../context.ts';

type Content = Supervisor['content'];

export interface ConvertOptions {
  readonly platforms: Platforms;
  readonly oci: boolean;
  readonly uncompress: boolean;
}

/** Converts what a descriptor stands for; answers the new descriptor, or the old one where nothing changed. */
export async function convertImage(content: Content, target: Descriptor, options: ConvertOptions): Promise<Descriptor> {
  return isIndex(target.mediaType) ? convertIndex(content, target, options) : convertManifest(content, target, options);
}

async function convertIndex(content: Content, target: Descriptor, options: ConvertOptions): Promise<Descriptor> {
  const index = Index.parse(await readJson(content, target.digest));
  const manifests: Descriptor[] = [];
  for (const manifest of chosenFrom(index.manifests, options.platforms))
    manifests.push({ ...manifest, ...(await convertManifest(content, manifest, options)) });
  // One platform that was chosen needs no index.
  if (manifests.length === 1 && options.platforms !== 'all') return manifests[0]!;
  const mediaType = options.oci ? MediaType.ociIndex : target.mediaType;
  return write(content, target, { ...index, mediaType, manifests }, referenceLabels(mediaType, manifests));
}

async function convertManifest(content: Content, target: Descriptor, options: ConvertOptions): Promise<Descriptor> {
  const manifest = Manifest.parse(await readJson(content, target.digest));
  const layers: Descriptor[] = [];
  for (const layer of manifest.layers) layers.push(await convertLayer(content, layer, options));
  const config = options.oci ? { ...manifest.config, mediaType: ociType(manifest.config.mediaType) } : manifest.config;
  const mediaType = options.oci ? ociType(target.mediaType) : target.mediaType;
  const { schemaVersion, mediaType: _, config: __, layers: ___, ...rest } = manifest;
  const document = { schemaVersion, mediaType, config, layers, ...rest };
  return write(content, target, document, referenceLabels(mediaType, [config, ...layers]));
}

async function convertLayer(
  content: Content,
  layer: Descriptor,
  { oci, uncompress }: ConvertOptions,
): Promise<Descriptor> {
  const named = oci ? { ...layer, mediaType: ociType(layer.mediaType) } : layer;
  const compression = layerCompression(layer.mediaType);
  if (!uncompress || compression === 'none' || compression === undefined) return named;
  const unpacker = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  const bytes = new PassThrough();
  const unpacking = pipeline(Readable.from(streamBlob(content, layer.digest)), unpacker, bytes);
  unpacking.catch((error) => bytes.destroy(error));
  const stored = await writeBlob(content, { ref: `convert-uncompress-from-${layer.digest}`, read: () => bytes });
  await unpacking;
  return { ...named, ...stored, mediaType: named.mediaType.replace(/[+.](gzip|zstd)$/, '') };
}

async function write(
  content: Content,
  target: Descriptor,
  document: object,
  labels: Record<string, string>,
): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(document));
  const { mediaType } = document as { mediaType: string };
  const stored = await writeBlob(content, { ref: `convert-write-json-${target.digest}`, read: () => [bytes], labels });
  return { ...target, ...stored, mediaType };
}

const ociTypes: Readonly<Record<string, string>> = {
  [MediaType.dockerManifestList]: MediaType.ociIndex,
  [MediaType.dockerManifest]: MediaType.ociManifest,
  [MediaType.dockerConfig]: MediaType.ociConfig,
  [MediaType.dockerLayer]: MediaType.ociLayer,
  [MediaType.dockerLayerGzip]: MediaType.ociLayerGzip,
  [MediaType.dockerLayerZstd]: MediaType.ociLayerZstd,
  [MediaType.dockerForeignLayer]: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  [MediaType.dockerForeignLayerGzip]: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
};

function ociType(mediaType: string): string {
  return ociTypes[mediaType] ?? mediaType;
}
