/**
 * Brings an image from a registry into the content store, and unpacks it while it arrives.
 *
 *   index ─▶ the manifests of the platforms ─▶ configuration, layers (several at once)
 *                                                  └─▶ unpack, lowest layer first, as soon as each is there
 *
 * A document is labelled with what it refers to before it is left, so that the garbage collector keeps all of it.
 */
import { digestOf } from '@drydock/oci/digest';
import { type Descriptor, ImageConfig, Manifest, type Platform } from '@drydock/oci/image-spec';
import { isIndex, isLayer, isManifest } from '@drydock/oci/media-types';
import { platformMatches } from '@drydock/oci/platform';
import { RpcError } from '@drydock/rpc/errors';
import { labelBlob, readJson, refOf, writeBlob } from './blobs.ts';
import { type Pool, poolOf } from './pool.ts';
import type { Remote } from './registry/remote.ts';
import type { ImageServices } from './services.ts';
import { childrenOf, chosenFrom, type Platforms, referenceLabels } from './tree.ts';
import { unpack } from './unpack.ts';

/** What happens to one blob. */
export interface FetchEvent {
  readonly state: 'waiting' | 'exists' | 'downloading' | 'complete' | 'extracting' | 'extracted';
  readonly blob: Descriptor;
  /** What refers to it; absent for the image's target. */
  readonly parent?: Descriptor | undefined;
  /** Bytes that are there. */
  readonly offset: number;
}

export interface FetchOptions {
  readonly platforms: Platforms;
  /** Manifests of all platforms are wanted, although layers only of some. */
  readonly allMetadata?: boolean;
  /** Documents and configurations only, no layers. */
  readonly documentsOnly?: boolean;
  /** What is unpacked, and where to; nothing if absent. */
  readonly unpack?: readonly UnpackTarget[];
  /** How many blobs are downloaded at once. */
  readonly concurrency?: number;
  readonly onEvent?: (event: FetchEvent) => void;
}

/** The image of a platform, to be unpacked with a snapshotter. */
export interface UnpackTarget {
  readonly platform: Platform;
  readonly snapshotter: string;
}

/** How many blobs are downloaded at once, where nobody says otherwise: what containerd's transfer service does. */
export const usualConcurrency = 3;

/** Fetches what a descriptor of the remote stands for. */
export async function fetchImage(
  services: ImageServices,
  remote: Remote,
  target: Descriptor,
  options: FetchOptions,
): Promise<void> {
  const context: Context = {
    ...options,
    services,
    remote,
    download: poolOf(options.concurrency ?? usualConcurrency),
    onEvent: options.onEvent ?? (() => undefined),
    arrivals: new Map(),
  };
  if (!isIndex(target.mediaType) && !isManifest(target.mediaType))
    throw new RpcError('invalid argument', `${target.mediaType}: no image's media type: invalid argument`);
  await fetchDocument(context, target, undefined, true);
}

interface Context extends FetchOptions {
  readonly services: ImageServices;
  readonly remote: Remote;
  readonly download: Pool;
  readonly onEvent: (event: FetchEvent) => void;
  /** The blobs that are on their way or there, by digest: images of an index share layers. */
  readonly arrivals: Map<string, Promise<void>>;
}

/** Fetches a document, and what it refers to if that is `wanted`. */
async function fetchDocument(
  context: Context,
  descriptor: Descriptor,
  parent: Descriptor | undefined,
  wanted: boolean,
): Promise<void> {
  const { content } = context.services;
  await arrive(context, descriptor, parent);
  const children = childrenOf(descriptor.mediaType, await readJson(content, descriptor.digest));
  await labelBlob(content, descriptor.digest, referenceLabels(descriptor.mediaType, children));
  if (!isIndex(descriptor.mediaType)) {
    const isLeftOut = (blob: Descriptor): boolean => context.documentsOnly === true && isLayer(blob.mediaType);
    if (wanted)
      await fetchParts(
        context,
        descriptor,
        children.filter((child) => !isLeftOut(child)),
      );
    return;
  }
  const chosen = chosenFrom(children, context.platforms);
  if (chosen.length === 0)
    throw new RpcError('not found', `no match for platform in manifest ${descriptor.digest}: not found`);
  for (const child of context.allMetadata ? children : chosen)
    await fetchDocument(context, child, descriptor, chosen.includes(child));
}

/** Fetches a manifest's configuration and layers, and unpacks them. */
async function fetchParts(context: Context, target: Descriptor, parts: readonly Descriptor[]): Promise<void> {
  const { services, onEvent } = context;
  for (const blob of parts) onEvent({ state: 'waiting', blob, parent: target, offset: 0 });
  const arrivals = parts.map((part) => arrive(context, part, target));
  // A failure shows where it is waited for: the others must not go unhandled meanwhile.
  for (const arrival of arrivals) arrival.catch(() => undefined);
  if (context.unpack !== undefined) {
    await arrivals[0];
    const manifest = Manifest.parse(await readJson(services.content, target.digest));
    const config = ImageConfig.parse(await readJson(services.content, manifest.config.digest));
    const tell = (state: FetchEvent['state'], offset: (size: number) => number) => (blob: Descriptor) =>
      onEvent({ state, blob, parent: target, offset: offset(blob.size) });
    for (const { platform, snapshotter } of context.unpack)
      if (platformMatches(platform, { os: config.os, architecture: config.architecture, variant: config.variant }))
        await unpack(
          services,
          { target, manifest, config },
          {
            snapshotter,
            ready: ({ digest }) => context.arrivals.get(digest) ?? Promise.resolve(),
            started: tell('extracting', () => 0),
            finished: tell('extracted', (size) => size),
          },
        );
  }
  await Promise.all(arrivals);
}

/** Has a blob come, once. */
function arrive(context: Context, descriptor: Descriptor, parent: Descriptor | undefined): Promise<void> {
  const known = context.arrivals.get(descriptor.digest);
  if (known !== undefined) return known;
  const arrival = fetchBlob(context, descriptor, parent);
  context.arrivals.set(descriptor.digest, arrival);
  return arrival;
}

/** A blob that is there is written all the same: so the lease gets it. */
async function fetchBlob(context: Context, blob: Descriptor, parent: Descriptor | undefined): Promise<void> {
  const { remote, download, onEvent } = context;
  const { content } = context.services;
  const isDocument = isIndex(blob.mediaType) || isManifest(blob.mediaType);
  let isNew = false;
  const read = (offset: number): AsyncIterable<Uint8Array> => {
    isNew = true;
    return isDocument ? manifestBytes(remote, blob) : remote.blob(blob, offset);
  };
  await download(async () => {
    const progress = (offset: number): void => onEvent({ state: 'downloading', blob, parent, offset });
    await writeBlob(content, { ref: refOf(blob), expected: blob, read, progress });
    onEvent({ state: isNew ? 'complete' : 'exists', blob, parent, offset: blob.size });
  });
  await labelSource(context, blob.digest);
}

async function* manifestBytes(remote: Remote, { digest }: Descriptor): AsyncGenerator<Uint8Array> {
  const { bytes } = await remote.manifest(digest);
  if (digestOf(bytes) !== digest)
    throw new RpcError(
      'failed precondition',
      `manifest ${digest}: the registry sent ${digestOf(bytes)}: failed precondition`,
    );
  yield bytes;
}

/**
 * Labels a blob with the repositories of a registry that have it, so that a push to the registry can take it from there:
 * `containerd.io/distribution.source.<registry>=<repository>,…`.
 */
async function labelSource({ services, remote }: Context, digest: string): Promise<void> {
  const { domain, path } = remote.reference;
  const key = `containerd.io/distribution.source.${domain.replace(/:\d+$/, '')}`;
  const { info } = await services.content.info({ digest });
  const known = (info?.labels[key] ?? '').split(',').filter(Boolean);
  const names = [...new Set([...known, path])].sort().join(',');
  if (info?.labels[key] !== names) await labelBlob(services.content, digest, { [key]: names });
}
