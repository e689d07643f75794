/** `docker load`: an archive's images into the content store and snapshots, under their names. */
import type { Readable } from 'node:stream';
import { chainId } from '@drydock/oci/digest';
import { familiarName, fullName, parseReference, withDefaultTag } from '@drydock/oci/reference';
import { type Leased, withLease } from '../../containerd/lease.ts';
import type { Engine } from '../../engine.ts';
import { badParameter } from '../../errors.ts';
import { shortId } from '../../ids.ts';
import { imageEvent } from '../image-event.ts';
import { layerProgress, type ProgressSink } from '../progress/progress.ts';
import { holdSnapshot, storeIndex, storeManifest } from '../store-image.ts';
import { unpack } from '../unpack.ts';
import { readDockerArchive } from './docker-archive.ts';
import type { FoundImage } from './found-image.ts';
import { ingestArchive } from './ingest.ts';
import { isOciLayout, readOciLayout } from './oci-layout.ts';

export interface LoadOptions {
  /** Leave the layers' progress out. */
  readonly quiet: boolean;
  readonly progress: ProgressSink;
}

/** Loads every image of an archive. */
export async function loadImages(engine: Engine, body: Readable, options: LoadOptions): Promise<void> {
  await withLease(engine.containerd, engine.logger, async (leased) => {
    const archive = await ingestArchive(leased.content, body);
    if (!isOciLayout(archive) && !archive.has('manifest.json'))
      throw badParameter('the archive holds no image: neither manifest.json nor an OCI layout is in it');
    const found = isOciLayout(archive) ? readOciLayout(archive) : readDockerArchive(archive);
    for (const image of found) await loadImage(engine, leased, image, options);
  });
}

async function loadImage(
  engine: Engine,
  leased: Leased,
  { names, manifest, manifestBytes, config, index }: FoundImage,
  { quiet, progress }: LoadOptions,
): Promise<void> {
  const diffIds = config.rootfs.diff_ids ?? [];
  if (diffIds.length !== manifest.layers.length)
    throw badParameter(
      `invalid image ${manifest.config.digest}: ${manifest.layers.length} layers, ${diffIds.length} diff ids`,
    );
  const layers = manifest.layers.map((blob, number) => ({ blob, diffId: diffIds[number]! }));
  await unpack(leased, layers, {
    finished: (number) => {
      const { blob, diffId } = layers[number]!;
      if (!quiet) void progress(layerProgress(shortId(diffId), 'Loading layer', blob.size, blob.size));
    },
  });
  await holdSnapshot(leased, manifest.config.digest, chainId(diffIds));
  const manifestTarget = await storeManifest(leased, manifestBytes, manifest);
  const target = index === undefined ? manifestTarget : await storeIndex(leased, index.bytes, index.document);
  if (names.length === 0) {
    const image = await engine.images.keepNameless(target);
    await progress({ stream: `Loaded image ID: ${image.id}\n` });
    imageEvent(engine, 'load', image.id, image.id);
  }
  for (const name of names) {
    const reference = withDefaultTag(parseReference(name));
    const before = engine.images.lookupName(name)?.image;
    if (before !== undefined && before.id !== manifest.config.digest)
      await progress({
        stream: `The image ${familiarName(reference)} already exists, renaming the old one with ID ${before.id} to empty string\n`,
      });
    const image = await engine.images.assign(fullName(reference), target);
    await progress({ stream: `Loaded image: ${familiarName(reference)}\n` });
    imageEvent(engine, 'load', image.id, image.id);
  }
}
