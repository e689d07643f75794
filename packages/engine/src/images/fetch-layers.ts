/** Downloads an image's layers, a few at once, and unpacks them from the bottom as they arrive. */
import type { Descriptor } from '@drydock/oci/image-spec';
import { isKind } from '@drydock/rpc/errors';
import { statBlob } from '@drydock/transfer/blobs';
import type { Repository } from '@drydock/transfer/registry/repository';
import type { Leased } from '../containerd/lease.ts';
import { systemError } from '../errors.ts';
import { shortId } from '../ids.ts';
import { writeBlob } from './blobs.ts';
import { layerProgress, layerStatus, type ProgressSink, throttled } from './progress/progress.ts';
import { unpack } from './unpack.ts';

/** How many layers are downloaded at once. */
const parallel = 3;

export interface FetchContext {
  readonly repository: Repository;
  readonly leased: Leased;
  readonly progress: ProgressSink;
}

export interface RemoteLayer {
  readonly blob: Descriptor;
  readonly diffId: string;
}

/** Brings layers into the content store and the snapshotter. An image that is `known` and complete is passed over in silence. */
export async function fetchLayers(
  context: FetchContext,
  layers: readonly RemoteLayer[],
  { known }: { readonly known: boolean },
): Promise<void> {
  const { leased, progress } = context;
  const missing: boolean[] = await Promise.all(
    layers.map(async ({ blob: { digest } }) => (await statBlob(leased.content, digest)) === undefined),
  );
  const silent = known && !missing.includes(true);
  for (const [index, { blob }] of silent ? [] : layers.entries())
    await progress(layerStatus(shortId(blob.digest), missing[index] ? 'Pulling fs layer' : 'Already exists'));
  const slots = Array.from({ length: parallel }, () => Promise.resolve());
  const arrivals = layers.map(({ blob }, index) => {
    const slot = index % parallel;
    const arrival = slots[slot]!.then(() => (missing[index] ? download(context, blob) : leased.hold(blob.digest)));
    slots[slot] = arrival;
    return arrival;
  });
  // A failure is reported where the unpacking waits for it; the others must not go unhandled.
  for (const arrival of arrivals) arrival.catch(() => undefined);
  await unpack(leased, layers, {
    ready: (index) => arrivals[index]!,
    started: (index) => void progress(extracting(layers[index]!.blob)),
    finished: (index) =>
      void (missing[index] && progress(layerStatus(shortId(layers[index]!.blob.digest), 'Pull complete'))),
  });
  await Promise.all(arrivals);
}

function extracting({ digest, size }: Descriptor) {
  return layerProgress(shortId(digest), 'Extracting', size, size);
}

async function download({ repository, leased, progress }: FetchContext, { digest, size }: Descriptor): Promise<void> {
  const id = shortId(digest);
  const show = throttled((current) => void progress(layerProgress(id, 'Downloading', current, size)), size);
  try {
    await writeBlob(leased.content, { source: repository.blob({ digest, size }), expected: digest, progress: show });
  } catch (error) {
    if (isKind(error, 'failed precondition'))
      throw systemError(`filesystem layer verification failed for digest ${digest}`, { cause: error });
    throw error;
  }
  await progress(layerStatus(id, 'Verifying Checksum'));
  await progress(layerStatus(id, 'Download complete'));
}
