/** Checkpoints as containerd's client keeps them: an index in the content store, whose parts have media types of their own. */
import type { Descriptor, Index } from '@drydock/oci/image-spec';
import { MediaType } from '@drydock/oci/media-types';
import { hostPlatform } from '@drydock/oci/platform';
import { packAny } from '@drydock/rpc/any';
import type { Codec, Input } from '@drydock/rpc/codec';
import type { Container } from '@drydock/rpc/generated/containers';
import { Any } from '@drydock/rpc/generated/google';
import { CheckpointOptions } from '@drydock/rpc/generated/runc_options';
import type { Descriptor as WireDescriptor } from '@drydock/rpc/generated/types';
import { readBlob, readJson, writeBlob } from '@drydock/transfer/blobs';
import { createDiff } from '../commands/snapshots/layers.ts';
import type { Supervisor } from '../context.ts';
import { findImage } from '../image/find.ts';

/** The media types of a checkpoint's parts. */
export const checkpointTypes = {
  criu: 'application/vnd.containerd.container.criu.checkpoint.criu.tar',
  config: 'application/vnd.containerd.container.checkpoint.config.v1+proto',
  options: 'application/vnd.containerd.container.checkpoint.options.v1+proto',
  runtimeOptions: 'application/vnd.containerd.container.checkpoint.runtime.options+proto',
} as const;

const runtimeNameKey = 'io.containerd.checkpoint.runtime';
const snapshotterKey = 'io.containerd.checkpoint.snapshotter';
const imageNameKey = 'org.opencontainers.image.ref.name';

export interface CheckpointParts {
  readonly image: boolean;
  readonly rw: boolean;
  readonly task: boolean;
}

/** Makes a checkpoint of a container under a name. What is running must be paused. */
export async function checkpointContainer(
  leased: Supervisor,
  container: Container,
  name: string,
  parts: CheckpointParts,
): Promise<void> {
  const { id, image, runtime, snapshotter, snapshotKey } = container;
  const manifests: Descriptor[] = [];
  if (runtime?.options !== undefined && runtime.options.value.length > 0)
    manifests.push(
      await writePart(leased, checkpointTypes.runtimeOptions, `${id}-runtime-options`, Any, runtime.options),
    );
  if (parts.image) manifests.push((await findImage(leased, image)).target);
  if (parts.rw) {
    const layer = await createDiff(leased, { snapshotter, first: snapshotKey, ref: `checkpoint-rw-${snapshotKey}` });
    manifests.push({ ...layer, platform: hostPlatform });
  }
  if (parts.task) manifests.push(...(await checkpointTask(leased, id)));
  const annotations = {
    [imageNameKey]: image,
    [runtimeNameKey]: runtime?.name ?? '',
    [snapshotterKey]: snapshotter,
  };
  await storeCheckpoint(leased, name, `${id}index`, { schemaVersion: 2, manifests, annotations });
}

/** Has the runtime checkpoint the processes; answers what that wrote. */
async function checkpointTask(leased: Supervisor, id: string): Promise<Descriptor[]> {
  const options = packAny(CheckpointOptions, { fileLocks: true });
  const { descriptors } = await leased.tasks.checkpoint({ containerId: id, options });
  return [
    ...descriptors.map((descriptor) => ({ ...descriptor, platform: hostPlatform })),
    await writePart(leased, checkpointTypes.options, `${id}-checkpoint-options`, Any, options),
  ];
}

/** Writes an index, labelled with what it refers to, and gives it a name. */
export async function storeCheckpoint(
  leased: Supervisor,
  name: string,
  ref: string,
  index: Index,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(index));
  const references = Object.fromEntries(
    index.manifests.map(({ digest }, position) => [`containerd.io/gc.ref.content.${position}`, digest]),
  );
  const stored = await writeBlob(leased.content, { ref, read: () => [bytes], labels: references });
  await leased.images.create({ image: { name, labels, target: { mediaType: MediaType.ociIndex, ...stored } } });
}

async function writePart<T>(
  leased: Supervisor,
  mediaType: string,
  ref: string,
  codec: Codec<T>,
  value: Input<T>,
): Promise<Descriptor> {
  const bytes = codec.encode(value);
  const stored = await writeBlob(leased.content, { ref, read: () => [bytes] });
  return { mediaType, ...stored, platform: hostPlatform };
}

/** A checkpoint taken apart. */
export interface Checkpoint {
  readonly index: Index;
  /** Finds a part by its media type. */
  find(mediaType: string): WireDescriptor | undefined;
  readonly image: string;
  readonly runtime: string;
  readonly snapshotter: string;
}

/** Reads a checkpoint by its name. Throws in the words of containerd's client if it lacks something. */
export async function readCheckpoint(leased: Supervisor, name: string): Promise<Checkpoint> {
  const { target } = await findImage(leased, name);
  const index = (await readJson(leased.content, target.digest)) as Index;
  const annotation = (key: string, what: string): string => {
    const value = index.annotations?.[key] ?? '';
    if (value === '') throw new Error(`${what} not found in index`);
    return value;
  };
  return {
    index,
    find: (mediaType) => {
      const found = index.manifests.find((each) => each.mediaType === mediaType);
      return found && { annotations: {}, ...found };
    },
    image: annotation(imageNameKey, 'image name'),
    runtime: annotation(runtimeNameKey, 'runtime'),
    snapshotter: annotation(snapshotterKey, 'snapshotter'),
  };
}

/** A part that is an Any, such as the configuration. */
export async function readAny(leased: Supervisor, { digest }: Pick<Descriptor, 'digest'>): Promise<Any> {
  return Any.decode(await readBlob(leased.content, digest));
}
