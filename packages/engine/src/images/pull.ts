/** `docker pull`: an image's documents and layers from a registry into the content store, then unpacked. */
import { chainId, digestOf } from '@drydock/oci/digest';
import { ImageConfig, Index, Manifest, type Platform } from '@drydock/oci/image-spec';
import { isIndex, isManifest } from '@drydock/oci/media-types';
import { choosePlatform, formatPlatform, hostPlatform } from '@drydock/oci/platform';
import { familiarName, familiarRepository, fullName, type Reference } from '@drydock/oci/reference';
import { statBlob } from '@drydock/transfer/blobs';
import { noCredentialsMessage } from '@drydock/transfer/registry/error';
import type { FetchedManifest, Repository } from '@drydock/transfer/registry/repository';
import { type Leased, withLease } from '../containerd/lease.ts';
import type { Engine } from '../engine.ts';
import { messageOf, notFound, systemError } from '../errors.ts';
import { writeBlob } from './blobs.ts';
import { fetchLayers } from './fetch-layers.ts';
import type { Image, Target } from './image.ts';
import { imageEvent } from './image-event.ts';
import type { ProgressSink } from './progress/progress.ts';
import { parseDocument } from './read-image.ts';
import type { Credentials } from './registry/credentials.ts';
import { openRepository } from './registry/open.ts';
import { holdSnapshot, storeIndex, storeManifest } from './store-image.ts';

export interface PullOptions {
  readonly credentials: Credentials;
  readonly platform?: Platform | undefined;
  readonly progress: ProgressSink;
  readonly signal?: AbortSignal | undefined;
}

/** Pulls one image, or with neither tag nor digest all tags of the repository. */
export async function pullImage(engine: Engine, reference: Reference, options: PullOptions): Promise<void> {
  const repository = await openRepository(engine, reference, { ...options, purpose: 'pull' });
  if (reference.tag !== undefined || reference.digest !== undefined)
    return pullOne(engine, repository, reference, options);
  for (const tag of await repository.tags()) await pullOne(engine, repository, { ...reference, tag }, options);
}

/** What a tag or digest stands for. That credentials are missing is told with the request that needs them. */
async function findManifest(repository: Repository, wanted: string): Promise<FetchedManifest | undefined> {
  try {
    return await repository.manifest(wanted);
  } catch (error) {
    if (messageOf(error) !== noCredentialsMessage) throw error;
    const { host, path } = repository;
    throw systemError(`Head "${host.url}/${path}/manifests/${wanted}": ${noCredentialsMessage}`, { cause: error });
  }
}

async function pullOne(
  engine: Engine,
  repository: Repository,
  reference: Reference,
  options: PullOptions,
): Promise<void> {
  const { progress } = options;
  const wanted = reference.digest ?? reference.tag!;
  const fetched = await findManifest(repository, wanted);
  if (fetched === undefined)
    throw notFound(`manifest for ${familiarName(reference)} not found: manifest unknown: manifest unknown`);
  const digest = digestOf(fetched.bytes);
  if (reference.digest !== undefined && digest !== reference.digest)
    throw systemError(`manifest verification failed for digest ${reference.digest}`);
  await progress({ status: `Pulling from ${reference.path}`, id: wanted });
  const before = engine.images.lookupName(fullName(reference))?.image;
  const knows = (id: string): boolean => engine.images.lookup(id) !== undefined;
  const image = await withLease(engine.containerd, engine.logger, async (leased) => {
    const target = await fetchTarget({ ...options, repository, leased, knows }, fetched);
    const named = { ...reference, tag: undefined, digest };
    await engine.images.assign(fullName(named), target);
    return reference.digest === undefined
      ? engine.images.assign(fullName(reference), target)
      : engine.images.find(fullName(named));
  });
  await progress({ status: `Digest: ${digest}` });
  await progress({ status: statusLine(before, image, reference) });
  imageEvent(engine, 'pull', familiarName(reference), familiarRepository(reference));
}

function statusLine(before: Image | undefined, image: Image, reference: Reference): string {
  const what = before?.id === image.id ? 'Image is up to date for' : 'Downloaded newer image for';
  return `Status: ${what} ${familiarName(reference)}`;
}

interface Fetching extends PullOptions {
  readonly repository: Repository;
  readonly leased: Leased;
  /** Whether an image is here already. */
  readonly knows: (id: string) => boolean;
}

/** Fetches what a manifest or index stands for; answers the stored target. */
async function fetchTarget(
  fetching: Fetching,
  { bytes, mediaType }: { bytes: Buffer; mediaType: string },
): Promise<Target> {
  const { repository, leased, platform = hostPlatform } = fetching;
  if (isManifest(mediaType)) return fetchImage(fetching, bytes, mediaType);
  if (!isIndex(mediaType)) throw systemError(`unsupported manifest media type: ${mediaType}`);
  const index = parseDocument(bytes, 'manifest list', Index);
  const chosen = choosePlatform(index.manifests, platform);
  if (chosen === undefined)
    throw notFound(`no matching manifest for ${formatPlatform(platform)} in the manifest list entries`);
  const child = await repository.manifest(chosen.digest);
  if (child === undefined) throw notFound(`manifest ${chosen.digest} not found: manifest unknown: manifest unknown`);
  if (digestOf(child.bytes) !== chosen.digest)
    throw systemError(`manifest verification failed for digest ${chosen.digest}`);
  const manifest = await fetchTarget(fetching, child);
  const stored = await storeIndex(leased, bytes, { mediaType, ...index });
  // Another machine's platform would not be found behind the index again.
  return platform === hostPlatform ? stored : manifest;
}

async function fetchImage(fetching: Fetching, bytes: Buffer, mediaType: string): Promise<Target> {
  const { repository, leased } = fetching;
  const manifest = parseDocument(bytes, 'manifest', Manifest);
  const configBytes = await fetchConfig(repository, leased, manifest);
  const config = parseDocument(configBytes, `image configuration ${manifest.config.digest}`, ImageConfig);
  const diffIds = config.rootfs.diff_ids ?? [];
  if (diffIds.length !== manifest.layers.length)
    throw systemError(
      `invalid image ${manifest.config.digest}: ${manifest.layers.length} layers, ${diffIds.length} diff ids`,
    );
  await fetchLayers(
    fetching,
    manifest.layers.map((blob, number) => ({ blob, diffId: diffIds[number]! })),
    { known: fetching.knows(manifest.config.digest) },
  );
  await holdSnapshot(leased, manifest.config.digest, chainId(diffIds));
  return storeManifest(leased, bytes, { mediaType, ...manifest });
}

async function fetchConfig(repository: Repository, leased: Leased, { config }: Manifest): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of repository.blob(config)) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (digestOf(bytes) !== config.digest)
    throw systemError(`image config verification failed for digest ${config.digest}`);
  if ((await statBlob(leased.content, config.digest)) !== undefined) await leased.hold(config.digest);
  else await writeBlob(leased.content, { source: bytes, expected: config.digest });
  return bytes;
}
