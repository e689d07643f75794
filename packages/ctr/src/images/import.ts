/** Imports images from a tar archive, as `docker save` writes it or as an OCI layout: no blob is held in memory or on disk. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Index, Manifest } from '@drydock/oci/image-spec';
import { isIndex, MediaType } from '@drydock/oci/media-types';
import { fullName, parseReference, withDefaultTag } from '@drydock/oci/reference';
import { isKind } from '@drydock/rpc/errors';
import tar from 'tar-stream';
import type { Supervisor } from '../context.ts';
import { readJson } from '../run/image.ts';
import { type Stored, writeBlob } from './write.ts';

/** An image that was imported. */
export interface Imported {
  readonly name: string;
  readonly digest: string;
}

interface ArchiveManifest {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

type Target = Stored & { readonly mediaType: string };

/** Imports a file, or stdin for `-`. */
export async function importArchive(supervisor: Supervisor, file: string): Promise<Imported[]> {
  const blobs = new Map<string, Stored & { readonly head: Buffer }>();
  const documents = new Map<string, string>();
  const extract = tar.extract();
  const reading = pipeline(file === '-' ? process.stdin : createReadStream(file), gunzipIfNeeded, extract);
  reading.catch((error) => extract.destroy(error));
  for await (const entry of extract) {
    const data = entry as unknown as AsyncIterable<Uint8Array>;
    const path = entry.header.name.replace(/^\.\//, '');
    if (entry.header.type !== 'file') entry.resume();
    else if (['manifest.json', 'index.json', 'oci-layout', 'repositories'].includes(path))
      documents.set(path, await textOf(data));
    else {
      const head: Buffer[] = [];
      const stored = await writeBlob(supervisor, `tar-${path}`, tee(data, head));
      blobs.set(path, { ...stored, head: Buffer.concat(head) });
    }
  }
  await reading;
  const index = documents.get('index.json');
  if (index !== undefined) return importLayout(supervisor, Index.parse(JSON.parse(index)));
  const manifest = documents.get('manifest.json');
  if (manifest === undefined) throw new Error(`import ${file}: neither manifest.json nor index.json in the archive`);
  return importDocker(supervisor, JSON.parse(manifest), blobs);
}

async function importLayout(supervisor: Supervisor, index: Index): Promise<Imported[]> {
  const images: Imported[] = [];
  for (const { mediaType, digest, size, annotations } of index.manifests) {
    const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'];
    await labelTree(supervisor, mediaType, digest);
    if (name !== undefined)
      images.push(
        await createImage(supervisor, fullName(withDefaultTag(parseReference(name))), { mediaType, digest, size }),
      );
  }
  return images;
}

async function importDocker(
  supervisor: Supervisor,
  manifests: readonly ArchiveManifest[],
  blobs: ReadonlyMap<string, Stored & { readonly head: Buffer }>,
): Promise<Imported[]> {
  const images: Imported[] = [];
  for (const { Config, RepoTags, Layers } of manifests) {
    const config = find(Config);
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.dockerManifest,
        config: { mediaType: MediaType.dockerConfig, digest: config.digest, size: config.size },
        layers: Layers.map(find).map(({ digest, size, head }) => ({ mediaType: layerType(head), digest, size })),
      }),
    );
    const stored = await writeBlob(supervisor, `tar-manifest-${config.digest}`, [manifest]);
    await labelTree(supervisor, MediaType.dockerManifest, stored.digest);
    for (const tag of RepoTags ?? [])
      images.push(
        await createImage(supervisor, fullName(withDefaultTag(parseReference(tag))), {
          ...stored,
          mediaType: MediaType.dockerManifest,
        }),
      );
  }
  return images;

  function find(path: string): Stored & { readonly head: Buffer } {
    const blob = blobs.get(path);
    if (blob === undefined) throw new Error(`manifest.json names ${path}, which is not in the archive`);
    return blob;
  }
}

/** Labels each document with what it refers to, so that the collector finds it. */
async function labelTree(supervisor: Supervisor, mediaType: string, digest: string): Promise<void> {
  const document = await readJson(supervisor, digest);
  const labels: Record<string, string> = {};
  if (isIndex(mediaType)) {
    for (const [position, child] of Index.parse(document).manifests.entries()) {
      labels[`containerd.io/gc.ref.content.m.${position}`] = child.digest;
      await labelTree(supervisor, child.mediaType, child.digest);
    }
  } else {
    const { config, layers } = Manifest.parse(document);
    labels['containerd.io/gc.ref.content.config'] = config.digest;
    for (const [position, layer] of layers.entries())
      labels[`containerd.io/gc.ref.content.l.${position}`] = layer.digest;
  }
  const paths = Object.keys(labels).map((key) => `labels.${key}`);
  await supervisor.content.update({ info: { digest, labels }, updateMask: { paths } });
}

async function createImage(supervisor: Supervisor, name: string, target: Target): Promise<Imported> {
  const image = { name, target };
  await supervisor.images.update({ image, updateMask: { paths: ['target'] } }).catch(async (error: unknown) => {
    if (!isKind(error, 'not found')) throw error;
    await supervisor.images.create({ image });
  });
  return { name, digest: target.digest };
}

async function* tee(source: AsyncIterable<Uint8Array>, head: Buffer[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (head.length === 0) head.push(Buffer.from(chunk.subarray(0, 4)));
    yield chunk;
  }
}

async function* gunzipIfNeeded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const rest = (async function* () {
    if (!first.done) yield first.value;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  })();
  if (isGzip(first.value)) yield* (await import('node:stream')).Readable.from(rest).pipe(createGunzip());
  else yield* rest;
}

function layerType(head: Buffer): string {
  if (isGzip(head)) return MediaType.dockerLayerGzip;
  return MediaType.dockerLayer;
}

function isGzip(head: Buffer | undefined): boolean {
  return head?.[0] === 0x1f && head[1] === 0x8b;
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}
