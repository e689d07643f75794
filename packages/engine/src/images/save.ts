/**
 * `docker save`: an OCI layout with a manifest.json beside it, so that OCI tools and every docker can load it.
 * Blobs leave as they are stored, so an image comes back with the digest that it had.
 */
import { Readable } from 'node:stream';
import { MediaType } from '@drydock/oci/media-types';
import { familiarName, parseReference } from '@drydock/oci/reference';
import { streamBlob } from '@drydock/transfer/blobs';
import { pack } from 'tar-stream';
import type { Engine } from '../engine.ts';
import { noSuchImage } from '../errors.ts';
import type { Image } from './image.ts';
import { imageEvent } from './image-event.ts';

interface Chosen {
  readonly image: Image;
  /** Full names that go into the archive. */
  readonly names: string[];
}

/** The archive of images given by name or id, as a tar stream. Throws before the first byte if one is unknown. */
export function saveImages(engine: Engine, texts: readonly string[]): Readable {
  const chosen = choose(engine, texts);
  const archive = pack();
  const writing = writeArchive(engine, chosen, archive).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  const body = Readable.from(archive);
  body.once('close', () => void writing);
  return body;
}

function choose(engine: Engine, texts: readonly string[]): Chosen[] {
  const chosen = new Map<string, Chosen>();
  for (const text of texts) {
    const named = engine.images.lookupName(text);
    const image = named?.image ?? engine.images.lookup(text);
    if (image === undefined) throw noSuchImage(text);
    const entry = chosen.get(image.id) ?? { image, names: [] };
    if (named !== undefined && parseReference(named.name).digest === undefined) entry.names.push(named.name);
    chosen.set(image.id, entry);
  }
  return [...chosen.values()];
}

async function writeArchive(
  engine: Engine,
  chosen: readonly Chosen[],
  archive: ReturnType<typeof pack>,
): Promise<void> {
  const written = new Set<string>();
  for (const { image } of chosen) {
    const { manifest, manifestTarget } = image;
    for (const blob of [...manifest.layers, manifest.config, manifestTarget]) {
      if (written.has(blob.digest)) continue;
      written.add(blob.digest);
      await writeEntry(archive, blobPath(blob.digest), blob.size, streamBlob(engine.containerd.content, blob.digest));
    }
    imageEvent(engine, 'save', image.id, image.id);
  }
  await writeJson(archive, 'index.json', {
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: chosen.flatMap(({ image, names }) =>
      (names.length > 0 ? names : [undefined]).map((name) => describe(image, name)),
    ),
  });
  await writeJson(
    archive,
    'manifest.json',
    chosen.map(({ image, names }) => ({
      Config: blobPath(image.id),
      RepoTags: names.length > 0 ? names.map((name) => familiarName(parseReference(name))) : null,
      Layers: image.manifest.layers.map(({ digest }) => blobPath(digest)),
    })),
  );
  await writeJson(archive, 'oci-layout', { imageLayoutVersion: '1.0.0' });
}

function describe({ manifestTarget: { mediaType, digest, size } }: Image, name: string | undefined): object {
  if (name === undefined) return { mediaType, digest, size };
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': parseReference(name).tag ?? '',
  };
  return { mediaType, digest, size, annotations };
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function writeJson(archive: ReturnType<typeof pack>, name: string, value: unknown): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(value));
  return writeEntry(archive, name, bytes.length, [bytes]);
}

async function writeEntry(
  archive: ReturnType<typeof pack>,
  name: string,
  size: number,
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const entry = archive.entry({ name, size, mode: 0o644, mtime: new Date(0) }, (error) =>
    error ? done.reject(error) : done.resolve(),
  );
  for await (const chunk of source) {
    if (!entry.write(Buffer.from(chunk))) await new Promise<void>((resolve) => entry.once('drain', resolve));
  }
  entry.end(null);
  await done.promise;
}
