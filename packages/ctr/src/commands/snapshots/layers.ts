/** `snapshots diff` and `unpack`: snapshots to layers, and back. */
import { randomBytes } from 'node:crypto';
import { MediaType } from '@drydock/oci/media-types';
import { Kind } from '@drydock/rpc/generated/snapshots';
import type { Descriptor, Mount } from '@drydock/rpc/generated/types';
import { streamBlob } from '@drydock/transfer/blobs';
import { readImage } from '@drydock/transfer/tree';
import { unpack } from '@drydock/transfer/unpack';
import { command } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { labelFlag, snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { servicesOf } from '../../image/services.ts';
import { labelsOf, need } from '../../words.ts';
import { expectDigest } from '../content/list.ts';

export const diff = command(
  'diff [words..]',
  'diff A [B]: what B changes of A, or A of its parent, as a layer on stdout',
  (argv) =>
    labelFlag(snapshotterFlag(wordsFlag(argv)))
      .option('media-type', {
        type: 'string',
        default: MediaType.ociLayerGzip as string,
        describe: "the layer's media type",
      })
      .option('ref', { type: 'string', default: '', describe: 'name of the write to the content store' })
      .option('keep', { type: 'boolean', default: false, describe: 'leave the layer in the content store' }),
  async (supervisor, { words, snapshotter, mediaType, ref, keep, label }) => {
    const first = need(words[0], 'snapshot id must be provided');
    const labels = {
      ...labelsOf(label),
      ...(keep ? { 'containerd.io/gc.root': new Date().toISOString().replace(/\.\d+/, '') } : {}),
    };
    await supervisor.withLease(async (leased) => {
      const layer = await createDiff(leased, { snapshotter, first, second: words[1], mediaType, ref, labels });
      for await (const data of streamBlob(leased.content, layer.digest)) process.stdout.write(data);
    });
  },
);

export interface DiffOptions {
  readonly snapshotter: string;
  readonly first: string;
  /** Absent: the first is compared with its parent. */
  readonly second?: string | undefined;
  readonly mediaType?: string;
  readonly ref?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Makes a layer of what one snapshot changes of another. */
export async function createDiff(leased: Supervisor, options: DiffOptions): Promise<Descriptor> {
  const { snapshotter, first, second, mediaType = MediaType.ociLayerGzip, ref = '', labels = {} } = options;
  const { info } = await leased.snapshots.stat({ snapshotter, key: first });
  const compare = async (left: readonly Mount[], right: readonly Mount[]): Promise<Descriptor> => {
    const answer = await leased.diff.diff({ left, right, mediaType, ref, labels });
    if (answer.diff === undefined) throw new Error('the server answered a diff without a descriptor');
    return answer.diff;
  };
  if (second !== undefined)
    return mountsOf(leased, snapshotter, first, (left) =>
      mountsOf(leased, snapshotter, second, (right) => compare(left, right)),
    );
  return viewOf(leased, snapshotter, info?.parent ?? '', (left) =>
    mountsOf(leased, snapshotter, first, (right) => compare(left, right)),
  );
}

/** The mounts of an active snapshot, or of a view of a committed one. */
async function mountsOf<T>(
  leased: Supervisor,
  snapshotter: string,
  key: string,
  action: (mounts: readonly Mount[]) => Promise<T>,
): Promise<T> {
  const { info } = await leased.snapshots.stat({ snapshotter, key });
  if (info?.kind === Kind.COMMITTED) return viewOf(leased, snapshotter, key, action);
  return action((await leased.snapshots.mounts({ snapshotter, key })).mounts);
}

async function viewOf<T>(
  leased: Supervisor,
  snapshotter: string,
  parent: string,
  action: (mounts: readonly Mount[]) => Promise<T>,
): Promise<T> {
  const key = `${parent}-view-${randomBytes(6).toString('hex')}`;
  const { mounts } = await leased.snapshots.view({ snapshotter, key, parent });
  try {
    return await action(mounts);
  } finally {
    await leased.snapshots.remove({ snapshotter, key });
  }
}

export const unpackCommand = command(
  'unpack [words..]',
  'unpack DIGEST: the layers of the image with this manifest',
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { words: [digest = ''], snapshotter }) => {
    expectDigest(digest);
    const { images } = await supervisor.images.list({});
    const image = images.find(({ target }) => target?.digest === digest);
    if (image?.target === undefined) throw new Error('manifest not found');
    const target = { ...image.target };
    process.stdout.write(`unpacking ${target.digest} (${target.mediaType})...`);
    await supervisor.withLease(async (leased) =>
      unpack(servicesOf(leased), await readImage(leased.content, target), { snapshotter }),
    );
    console.log('done');
  },
);
