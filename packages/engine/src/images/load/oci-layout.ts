/** Images in OCI layouts: index.json leads to manifests, which are kept unchanged (image-spec, image-layout.md). */
import { type Descriptor, ImageConfig, Index, Manifest } from '@drydock/oci/image-spec';
import { isIndex, isManifest } from '@drydock/oci/media-types';
import { choosePlatform, hostPlatform, platformMatches } from '@drydock/oci/platform';
import { z } from 'zod';
import { badParameter } from '../../errors.ts';
import { parseDocument } from '../read-image.ts';
import type { FoundImage } from './found-image.ts';
import type { Archive } from './ingest.ts';

const nameKeys = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];

/** Whether an archive is an OCI layout. */
export function isOciLayout(archive: Archive): boolean {
  return archive.has('oci-layout') && archive.has('index.json');
}

/** The images of a layout that are for this machine. */
export function readOciLayout(archive: Archive): FoundImage[] {
  const top = document(archive, 'index.json', Index);
  const tags = dockerTags(archive);
  const found = top.manifests.flatMap((descriptor) => {
    const image = readDescriptor(archive, descriptor);
    if (image === undefined) return [];
    const names = namesOf(descriptor);
    return [{ ...image, names: names.length > 0 ? names : (tags.get(image.manifest.config.digest) ?? []) }];
  });
  if (found.length === 0 && top.manifests.length > 0)
    throw badParameter('the archive holds no image for this platform');
  return merge(found);
}

function readDescriptor(archive: Archive, descriptor: Descriptor): Omit<FoundImage, 'names'> | undefined {
  const path = blobPath(descriptor.digest);
  if (isIndex(descriptor.mediaType)) {
    const index = document(archive, path, Index);
    const chosen = choosePlatform(index.manifests.filter(({ digest }) => archive.has(blobPath(digest))));
    const image = chosen && readDescriptor(archive, chosen);
    return image && { ...image, index: { document: index, bytes: archive.get(path)!.document! } };
  }
  if (!isManifest(descriptor.mediaType)) return undefined;
  if (descriptor.platform !== undefined && !platformMatches(hostPlatform, descriptor.platform)) return undefined;
  const manifest = document(archive, path, Manifest);
  const config = document(archive, blobPath(manifest.config.digest), ImageConfig);
  for (const { digest } of manifest.layers) {
    const layer = archive.get(blobPath(digest));
    if (layer === undefined) throw badParameter(`manifest ${descriptor.digest}: layer ${digest} is not in the archive`);
    if (layer.digest !== digest) throw badParameter(mismatch(blobPath(digest), layer.digest));
  }
  const bytes = archive.get(path)!.document!;
  return { manifest: { mediaType: descriptor.mediaType, ...manifest }, manifestBytes: bytes, config, index: undefined };
}

/** Reads a document; a blob whose bytes are not those of its name is refused. */
function document<S extends z.ZodType>(archive: Archive, path: string, schema: S): z.output<S> {
  const file = archive.get(path);
  if (file?.document === undefined) throw badParameter(`${path} is missing from the archive or malformed`);
  const expected = /^blobs\/(\w+)\/(\w+)$/.exec(path);
  if (expected !== null && file.digest !== `${expected[1]}:${expected[2]}`)
    throw badParameter(mismatch(path, file.digest));
  return parseDocument(file.document, path, schema);
}

function mismatch(path: string, digest: string): string {
  return `${path} does not match its digest: its content is ${digest}`;
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** An image's full name stands in an annotation; a bare tag there is no name. */
function namesOf({ annotations }: Descriptor): string[] {
  const values = nameKeys.map((key) => annotations?.[key]).filter((value) => value !== undefined);
  return values.filter((value, index) => /[/:@]/.test(value) || nameKeys[index] === nameKeys[0]).slice(0, 1);
}

/** `docker save` writes a manifest.json beside the layout: its tags, by configuration. */
function dockerTags(archive: Archive): Map<string, string[]> {
  const file = archive.get('manifest.json')?.document;
  if (file === undefined) return new Map();
  const Entry = z.looseObject({ Config: z.string(), RepoTags: z.array(z.string()).nullish() });
  const entries = parseDocument(file, 'manifest.json', z.array(Entry));
  return new Map(entries.map(({ Config, RepoTags }) => [archive.get(Config)?.digest ?? '', RepoTags ?? []]));
}

/** One image may stand in the index once for each of its names. */
function merge(found: readonly FoundImage[]): FoundImage[] {
  const merged = new Map<string, FoundImage>();
  for (const image of found) {
    const key = image.manifest.config.digest;
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined ? image : { ...before, names: [...new Set([...before.names, ...image.names])] },
    );
  }
  return [...merged.values()];
}
