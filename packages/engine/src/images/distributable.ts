/**
 * Makes an image ready for a registry: layers that came unpacked, as `docker load` brings them, are packed with gzip and
 * get a manifest that says so. The image then keeps that manifest, so its digest stays the same from push to push.
 */

import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Descriptor, Manifest } from '@drydock/oci/image-spec';
import { layerCompression } from '@drydock/oci/media-types';
import { streamBlob } from '@drydock/transfer/blobs';
import { type Leased, withLease } from '../containerd/lease.ts';
import type { Engine } from '../engine.ts';
import { shortId } from '../ids.ts';
import { writeBlob } from './blobs.ts';
import type { Image } from './image.ts';
import { layerProgress, type ProgressSink, throttled } from './progress/progress.ts';
import { storeManifest } from './store-image.ts';

/** The image of a full name, in a form that can be pushed. */
export async function distributable(engine: Engine, name: string, progress: ProgressSink): Promise<Image> {
  const image = engine.images.find(name);
  const { manifest, diffIds } = image;
  if (manifest.layers.every(({ mediaType }) => layerCompression(mediaType) !== 'none')) return image;
  return withLease(engine.containerd, engine.logger, async (leased) => {
    const layers: Descriptor[] = [];
    for (const [index, layer] of manifest.layers.entries())
      layers.push(
        layerCompression(layer.mediaType) === 'none' ? await compress(leased, layer, diffIds[index]!, progress) : layer,
      );
    const packed: Manifest = { ...manifest, layers };
    const bytes = Buffer.from(JSON.stringify(packed, null, 3));
    const target = await storeManifest(leased, bytes, packed);
    const tags = engine.images.namesOf(image.id).filter((other) => other.target.digest === image.manifestTarget.digest);
    for (const { name: tag } of tags) await engine.images.assign(tag, target);
    return engine.images.find(name);
  });
}

async function compress(
  { content }: Leased,
  { digest, mediaType, size }: Descriptor,
  diffId: string,
  progress: ProgressSink,
): Promise<Descriptor> {
  const gzip = createGzip();
  const source = Readable.from(streamBlob(content, digest));
  source.on('error', (error) => gzip.destroy(error));
  let read = 0;
  const show = throttled(
    (current) => void progress(layerProgress(shortId(diffId), 'Compressing', current, size)),
    size,
  );
  source.on('data', (chunk: Uint8Array) => {
    read += chunk.length;
    show(read);
  });
  const packed = await writeBlob(content, {
    source: source.pipe(gzip),
    labels: { 'containerd.io/uncompressed': diffId },
  });
  const packedType = mediaType.includes('docker') ? `${mediaType}.gzip` : `${mediaType}+gzip`;
  return { mediaType: packedType, digest: packed.digest, size: packed.size };
}
