/** Brings an image to a registry: blobs first, a few at once, then the documents that refer to them. */
import type { Descriptor } from '@drydock/oci/image-spec';
import { isIndex, isManifest } from '@drydock/oci/media-types';
import { notFound } from '@drydock/rpc/errors';
import { readBlob, statBlob, streamBlob } from './blobs.ts';
import { poolOf } from './pool.ts';
import { RegistryError } from './registry/error.ts';
import type { Remote } from './registry/remote.ts';
import { expectStatus, type Repository } from './registry/repository.ts';
import { pushBlob } from './registry/upload.ts';
import type { ImageServices } from './services.ts';
import { bottomUp, type Platforms, readTree, type TreeNode } from './tree.ts';

/** What happens to one blob. */
export interface PushEvent {
  readonly state: 'waiting' | 'exists' | 'mounted' | 'uploading' | 'complete';
  readonly blob: Descriptor;
  /** Bytes that were sent. */
  readonly offset: number;
}

export interface PushOptions {
  readonly platforms: Platforms;
  readonly concurrency?: number;
  readonly onEvent?: (event: PushEvent) => void;
}

/** How many blobs are sent at once, where nobody says otherwise. */
const usualConcurrency = 3;

/** Pushes what a descriptor stands for, under the remote's reference. */
export async function pushImage(
  services: Pick<ImageServices, 'content'>,
  remote: Remote,
  target: Descriptor,
  { platforms, concurrency = usualConcurrency, onEvent = () => undefined }: PushOptions,
): Promise<void> {
  const repository = remote.target;
  const nodes = bottomUp(await readTree(services.content, target, platforms));
  for (const { descriptor, present } of nodes)
    if (!present) throw notFound(`content digest ${descriptor.digest}: not found`);
  const blobs = nodes.filter((node) => !isDocument(node));
  const pool = poolOf(concurrency);
  for (const { descriptor: blob } of nodes) onEvent({ state: 'waiting', blob, offset: 0 });
  await Promise.all(blobs.map(({ descriptor }) => pool(() => pushOne(services, repository, descriptor, onEvent))));
  const { tag, digest } = remote.reference;
  for (const { descriptor } of nodes.filter(isDocument)) {
    const isTarget = descriptor.digest === target.digest;
    await pushManifest(
      services,
      repository,
      descriptor,
      isTarget ? (tag ?? digest ?? descriptor.digest) : descriptor.digest,
    );
    onEvent({ state: 'complete', blob: descriptor, offset: descriptor.size });
  }
}

function isDocument({ descriptor: { mediaType } }: TreeNode): boolean {
  return isIndex(mediaType) || isManifest(mediaType);
}

async function pushOne(
  { content }: Pick<ImageServices, 'content'>,
  repository: Repository,
  blob: Descriptor,
  onEvent: (event: PushEvent) => void,
): Promise<void> {
  const outcome = await pushBlob(repository, {
    ...blob,
    read: (offset) => streamBlob(content, blob.digest, offset),
    mountFrom: await sourcesOf(content, repository, blob.digest),
    progress: (offset) => onEvent({ state: 'uploading', blob, offset }),
  });
  onEvent({ state: outcome === 'pushed' ? 'complete' : outcome, blob, offset: blob.size });
}

/** The repositories of the same registry that a blob is known to be in. */
async function sourcesOf(content: ImageServices['content'], { host }: Repository, digest: string): Promise<string[]> {
  const { hostname } = new URL(host.url);
  const registry = hostname === 'registry-1.docker.io' ? 'docker.io' : hostname;
  const info = await statBlob(content, digest);
  return (info?.labels[`containerd.io/distribution.source.${registry}`] ?? '').split(',').filter(Boolean);
}

async function pushManifest(
  { content }: Pick<ImageServices, 'content'>,
  repository: Repository,
  { mediaType, digest }: Descriptor,
  reference: string,
): Promise<void> {
  const known = await repository.resolve(reference);
  if (known?.digest === digest) return;
  const response = await repository.request(`manifests/${reference}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: await readBlob(content, digest),
  });
  await expectStatus(response, [201]);
  await response.body.dump();
  const answered = response.headers['docker-content-digest'];
  if (typeof answered === 'string' && answered !== digest)
    throw new RegistryError('failed', `the registry stored the manifest as ${answered}, not ${digest}`);
}
