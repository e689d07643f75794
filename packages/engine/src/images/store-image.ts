/** Puts an image's documents into the content store, labelled so that garbage collection keeps what they refer to. */
import { digestOf } from '@drydock/oci/digest';
import type { Index, Manifest } from '@drydock/oci/image-spec';
import { MediaType } from '@drydock/oci/media-types';
import { labelBlob } from '@drydock/transfer/blobs';
import type { Containerd } from '../containerd/clients.ts';
import { writeBlob } from './blobs.ts';
import type { Target } from './image.ts';

type Store = Pick<Containerd, 'content' | 'snapshotter'>;

/** Stores an image's configuration, which holds on to the snapshot of all its layers. */
export async function storeConfig({ content, snapshotter }: Store, bytes: Uint8Array, chain: string): Promise<string> {
  const labels = chain === '' ? {} : { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: chain };
  return (await writeBlob(content, { source: bytes, expected: digestOf(bytes), labels })).digest;
}

/** Lets a configuration that is stored already hold on to its snapshot. */
export async function holdSnapshot({ content, snapshotter }: Store, digest: string, chain: string): Promise<void> {
  if (chain !== '') await labelBlob(content, digest, { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: chain });
}

/** Stores a manifest's bytes as they are. */
export async function storeManifest({ content }: Store, bytes: Uint8Array, manifest: Manifest): Promise<Target> {
  const labels: Record<string, string> = { 'containerd.io/gc.ref.content.config': manifest.config.digest };
  for (const [index, { digest }] of manifest.layers.entries())
    labels[`containerd.io/gc.ref.content.l.${index}`] = digest;
  const { digest } = await writeBlob(content, { source: bytes, expected: digestOf(bytes), labels });
  return { mediaType: manifest.mediaType ?? MediaType.ociManifest, digest, size: bytes.length };
}

/** Stores an index's bytes as they are. */
export async function storeIndex({ content }: Store, bytes: Uint8Array, index: Index): Promise<Target> {
  const labels: Record<string, string> = {};
  for (const [number, { digest }] of index.manifests.entries())
    labels[`containerd.io/gc.ref.content.m.${number}`] = digest;
  const { digest } = await writeBlob(content, { source: bytes, expected: digestOf(bytes), labels });
  return { mediaType: index.mediaType ?? MediaType.ociIndex, digest, size: bytes.length };
}
