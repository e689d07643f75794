/** Checkpoints of tasks: criu's images as a tar blob in the content store, to and fro. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holds, unpackAny } from '@drydock/rpc/any';
import { invalidArgument } from '@drydock/rpc/errors';
import type { Container } from '@drydock/rpc/generated/containers';
import { Any } from '@drydock/rpc/generated/google';
import { CheckpointOptions, Options } from '@drydock/rpc/generated/runc_options';
import type { CreateRequest } from '@drydock/rpc/generated/tasks';
import type { Descriptor } from '@drydock/rpc/generated/types';
import type { ContentStore } from '../content/content-store.ts';
import { applyLayer } from '../layers/apply.ts';
import { packDirectory } from '../layers/pack-directory.ts';
import type { Shim } from './shim.ts';

const imageType = 'application/vnd.containerd.container.criu.checkpoint.criu.tar';
const configType = 'application/vnd.containerd.container.checkpoint.config.v1+proto';

/** Unpacks the checkpoint that a create request names, if it names one, for as long as the create takes. */
export async function withCheckpoint<T>(
  content: ContentStore,
  namespace: string,
  { checkpoint, options }: CreateRequest,
  action: (directory: string) => Promise<T>,
): Promise<T> {
  const given = options !== undefined && holds(options, Options) ? unpackAny(Options, options).criuImagePath : '';
  if (given !== '' || checkpoint === undefined) return action(given);
  if (checkpoint.mediaType !== imageType)
    throw invalidArgument(`unsupported checkpoint type ${JSON.stringify(checkpoint.mediaType)}`);
  // The directory must last until the restore, which comes with Start; the system's temporary files are its end.
  const directory = await mkdtemp(join(tmpdir(), 'drydock-checkpoint-'));
  await applyLayer(content.path(namespace, checkpoint.digest), [
    { type: 'bind', source: directory, target: '', options: ['rw', 'rbind'] },
  ]);
  return action(directory);
}

export interface CheckpointRequest {
  readonly shim: Shim;
  readonly container: Container;
  readonly options: Any | undefined;
  readonly content: ContentStore;
  readonly lease: string | undefined;
  /** Aborted when the client does not wait any longer. */
  readonly signal: AbortSignal;
}

/** Has the shim write a checkpoint; answers the blobs made of it, or nothing if the options name a directory. */
export async function checkpointTask(request: CheckpointRequest): Promise<Descriptor[]> {
  const { shim, container, options, content, lease, signal } = request;
  const { id, namespace } = shim.bundle;
  const path =
    options !== undefined && holds(options, CheckpointOptions) ? unpackAny(CheckpointOptions, options).imagePath : '';
  if (path !== '') {
    await shim.task.checkpoint({ id, path, options }, { signal });
    return [];
  }
  const directory = await mkdtemp(join(tmpdir(), 'drydock-checkpoint-'));
  try {
    await shim.task.checkpoint({ id, path: directory, options }, { signal });
    const scope = { content, namespace, lease };
    const spec = Any.encode(container.spec ?? {});
    return [
      await writeBlob(scope, imageType, directory, packDirectory(directory)),
      await writeBlob(scope, configType, join(directory, 'spec'), [Buffer.from(spec)]),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface BlobScope {
  readonly content: ContentStore;
  readonly namespace: string;
  readonly lease: string | undefined;
}

async function writeBlob(
  { content, namespace, lease }: BlobScope,
  mediaType: string,
  ref: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Descriptor> {
  const writer = await content.writer({ namespace, lease, ref });
  try {
    for await (const chunk of chunks) await writer.write(chunk);
    const descriptor = { mediaType, digest: writer.digest(), size: writer.offset, annotations: {} };
    await writer.commit({ size: 0, expected: '' });
    return descriptor;
  } finally {
    writer.close();
  }
}
