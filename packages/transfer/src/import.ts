/**
 * Reads images from a tar archive into the content store: an OCI layout, or what `docker save` writes. Blobs are streamed:
 * none is held in memory or on disk beside the store.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { digestOf } from '@drydock/oci/digest';
import { type Descriptor, ImageConfig, Index, type Manifest } from '@drydock/oci/image-spec';
import { isIndex, isManifest, MediaType } from '@drydock/oci/media-types';
import { fullName, parseReference, withDefaultTag } from '@drydock/oci/reference';
import { RpcError } from '@drydock/rpc/errors';
import tar from 'tar-stream';
import { z } from 'zod';
import { labelBlob, readJson, type StoredBlob, statBlob, writeBlob } from './blobs.ts';
import type { ImageServices } from './services.ts';
import { childrenOf, referenceLabels } from './tree.ts';

type Content = ImageServices['content'];

/** What an archive calls an image, and what that is. */
export interface FoundImage {
  /** In full; undefined where the archive names none. */
  readonly name: string | undefined;
  readonly target: Descriptor;
}

/** manifest.json (moby, image/tarexport). */
const ArchiveManifest = z.array(
  z.looseObject({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()).nullish() }),
);

interface Entry extends StoredBlob {
  /** The first bytes, which tell how it is packed. */
  readonly head: Buffer;
}

interface Archive {
  readonly blobs: ReadonlyMap<string, Entry>;
  /** Links of old archives: a layer that stands in the archive once. */
  readonly links: ReadonlyMap<string, string>;
  readonly documents: ReadonlyMap<string, string>;
}

/** An archive's images, and an index of them all, which keeps their content from the garbage collector. */
export interface ImportedArchive {
  readonly index: Descriptor;
  readonly images: readonly FoundImage[];
}

/** Imports an archive, packed with gzip or zstd or not at all; its images come in the archive's order. */
export async function importArchive(content: Content, source: AsyncIterable<Uint8Array>): Promise<ImportedArchive> {
  const images = await importImages(content, source);
  const manifests = images.map(({ name, target }) => {
    const { annotations = {}, ...rest } = target;
    return { ...rest, annotations: name === undefined ? annotations : { ...annotations, [imageNameKey]: name } };
  });
  const document: Index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
  const bytes = Buffer.from(JSON.stringify(document));
  const labels = referenceLabels(MediaType.ociIndex, manifests);
  const stored = await writeBlob(content, { ref: `tar-index-${digestOf(bytes)}`, read: () => [bytes], labels });
  return { index: { mediaType: MediaType.ociIndex, ...stored }, images };
}

/** The annotation with an image's whole name. */
const imageNameKey = 'io.containerd.image.name';

/** What a descriptor's annotations call its image: the whole name, or what stands for one beside `prefix`, such as a tag. */
export function nameOf(target: Descriptor, prefix: (reference: string) => string | undefined): string | undefined {
  const { annotations = {} } = target;
  const short = annotations['org.opencontainers.image.ref.name'];
  return annotations[imageNameKey] ?? (short === undefined ? undefined : prefix(short));
}

async function importImages(content: Content, source: AsyncIterable<Uint8Array>): Promise<FoundImage[]> {
  const archive = await readArchive(content, source);
  const index = archive.documents.get('index.json');
  if (index !== undefined && archive.documents.has('oci-layout'))
    return fromLayout(content, Index.parse(parse('index.json', index)));
  const manifest = archive.documents.get('manifest.json');
  if (manifest === undefined)
    throw new RpcError('unknown', 'unrecognized image format: neither oci-layout nor manifest.json in the archive');
  return fromDocker(content, ArchiveManifest.parse(parse('manifest.json', manifest)), archive);
}

/** The small files that say what the others are. */
const documentNames = ['manifest.json', 'index.json', 'oci-layout'];
/** Bytes that such a file may have. */
const documentLimit = 8 * 1024 * 1024;

async function readArchive(content: Content, source: AsyncIterable<Uint8Array>): Promise<Archive> {
  const blobs = new Map<string, Entry>();
  const links = new Map<string, string>();
  const documents = new Map<string, string>();
  const extract = tar.extract();
  const reading = pipeline(Readable.from(await unpacked(source)), extract);
  reading.catch((error) => extract.destroy(error));
  for await (const entry of extract) {
    const { name, type, linkname, size = 0 } = entry.header;
    const path = name.replace(/^\.\//, '');
    const data = entry as unknown as AsyncIterable<Uint8Array>;
    if (type === 'symlink' || type === 'link') links.set(path, resolveLink(path, linkname ?? ''));
    if (type !== 'file' && type !== 'contiguous-file') entry.resume();
    else if (documentNames.includes(path)) documents.set(path, await textOf(path, size, data));
    else blobs.set(path, await storeEntry(content, path, data));
  }
  await reading;
  return { blobs, links, documents };
}

/** A name from an OCI layout says what the digest must be. */
async function storeEntry(content: Content, path: string, data: AsyncIterable<Uint8Array>): Promise<Entry> {
  const head: Buffer[] = [];
  const stored = await writeBlob(content, { ref: `tar-${path}`, read: () => withHead(data, head) });
  const [, algorithm, encoded] = /^blobs\/([a-z0-9]+)\/([0-9a-f]+)$/.exec(path) ?? [];
  if (algorithm === 'sha256' && stored.digest !== `sha256:${encoded}`)
    throw new RpcError('failed precondition', `${path}: its digest is ${stored.digest}: failed precondition`);
  return { ...stored, head: Buffer.concat(head) };
}

async function fromLayout(content: Content, { manifests }: Index): Promise<FoundImage[]> {
  const found: FoundImage[] = [];
  for (const target of manifests) {
    await labelTree(content, target);
    found.push({ name: target.annotations?.[imageNameKey], target });
  }
  return found;
}

/** Labels each document that is there with what it refers to. An index may name more than the archive holds. */
async function labelTree(content: Content, { mediaType, digest }: Descriptor): Promise<void> {
  if (!isIndex(mediaType) && !isManifest(mediaType)) return;
  if ((await statBlob(content, digest)) === undefined) return;
  const children = childrenOf(mediaType, await readJson(content, digest));
  await labelBlob(content, digest, referenceLabels(mediaType, children));
  for (const child of children) await labelTree(content, child);
}

async function fromDocker(
  content: Content,
  manifests: z.infer<typeof ArchiveManifest>,
  { blobs, links }: Archive,
): Promise<FoundImage[]> {
  const find = (path: string): Entry => {
    const blob = blobs.get(links.get(path) ?? path);
    if (blob === undefined)
      throw new RpcError('not found', `manifest.json names ${path}, which is not in the archive: not found`);
    return blob;
  };
  const found: FoundImage[] = [];
  for (const { Config, RepoTags, Layers } of manifests) {
    const config = find(Config);
    const layers = (Layers ?? []).map(find);
    const { os, architecture, variant } = ImageConfig.parse(await readJson(content, config.digest));
    const document: Manifest = {
      schemaVersion: 2,
      mediaType: MediaType.dockerManifest,
      config: { mediaType: MediaType.dockerConfig, digest: config.digest, size: config.size },
      layers: layers.map(({ digest, size, head }) => ({ mediaType: layerType(head), digest, size })),
    };
    const bytes = Buffer.from(JSON.stringify(document));
    const labels = referenceLabels(MediaType.dockerManifest, [document.config, ...document.layers]);
    const stored = await writeBlob(content, { ref: `tar-manifest-${config.digest}`, read: () => [bytes], labels });
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    const target = { mediaType: MediaType.dockerManifest, ...stored, platform };
    if (!RepoTags?.length) found.push({ name: undefined, target });
    for (const tag of RepoTags ?? []) found.push({ name: fullName(withDefaultTag(parseReference(tag))), target });
  }
  return found;
}

async function* withHead(source: AsyncIterable<Uint8Array>, head: Buffer[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (head.length === 0) head.push(Buffer.from(chunk.subarray(0, 4)));
    yield chunk;
  }
}

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const startsWith = (data: Uint8Array, magic: Buffer): boolean => magic.equals(data.subarray(0, magic.length));

function layerType(head: Buffer): string {
  if (startsWith(head, gzipMagic)) return MediaType.dockerLayerGzip;
  return startsWith(head, zstdMagic) ? MediaType.dockerLayerZstd : MediaType.dockerLayer;
}

/** The archive itself, whatever it is packed with. */
async function unpacked(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const whole = (async function* () {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value;
  })();
  const unpacker = first.done
    ? undefined
    : startsWith(first.value, gzipMagic)
      ? createGunzip()
      : startsWith(first.value, zstdMagic)
        ? createZstdDecompress()
        : undefined;
  if (unpacker === undefined) return whole;
  pipeline(Readable.from(whole), unpacker).catch((error) => unpacker.destroy(error));
  return unpacker;
}

async function textOf(path: string, size: number, source: AsyncIterable<Uint8Array>): Promise<string> {
  if (size > documentLimit)
    throw new RpcError('invalid argument', `${path}: larger than ${documentLimit} bytes: invalid argument`);
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RpcError('unknown', `${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Where a link in the archive leads, as a path of the archive. */
function resolveLink(path: string, target: string): string {
  return new URL(target, `file:///${path}`).pathname.slice(1);
}
