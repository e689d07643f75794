/** `containers checkpoint` and `restore` */
import { MediaType } from '@drydock/oci/media-types';
import { isKind } from '@drydock/rpc/errors';
import { command } from '../../command.ts';
import { checkpointContainer, checkpointTypes, readAny, readCheckpoint } from '../../container/checkpoint.ts';
import type { Supervisor } from '../../context.ts';
import { wordsFlag } from '../../flags/common.ts';
import { imageDocuments } from '../../image/find.ts';
import { runTask } from '../../run/start.ts';
import { need } from '../../words.ts';

export const checkpoint = command(
  'checkpoint [words..]',
  'checkpoint ID REF: keep a container, and what runs in it, as an image',
  (argv) =>
    wordsFlag(argv)
      .option('rw', { type: 'boolean', default: false, describe: 'with what it changed of its image' })
      .option('image', { type: 'boolean', default: false, describe: 'with its image' })
      .option('task', { type: 'boolean', default: false, describe: 'with its processes' }),
  async (supervisor, { words, rw, image, task }) => {
    const id = need(words[0], 'container id must be provided');
    const name = need(words[1], 'ref must be provided');
    const { container } = await supervisor.containers.get({ id });
    if (container === undefined) return;
    await whilePaused(supervisor, id, () =>
      supervisor.withLease((leased) => checkpointContainer(leased, container, name, { rw, image, task })),
    );
  },
);

/** Runs an action while a container that runs is paused. */
export async function whilePaused(supervisor: Supervisor, id: string, action: () => Promise<void>): Promise<void> {
  const task = await supervisor.tasks.get({ containerId: id }).catch((error: unknown) => {
    if (isKind(error, 'not found')) return undefined;
    throw error;
  });
  if (task !== undefined) await supervisor.tasks.pause({ containerId: id });
  try {
    await action();
  } finally {
    if (task !== undefined)
      await supervisor.tasks.resume({ containerId: id }).catch((error: Error) => {
        console.log(`error resuming task: ${error.message}`);
      });
  }
}

export const restore = command(
  'restore [words..]',
  'restore ID REF: a container from a checkpoint',
  (argv) =>
    wordsFlag(argv)
      .option('rw', { type: 'boolean', default: false, describe: 'with what it changed of its image' })
      .option('live', { type: 'boolean', default: false, describe: 'with its processes' }),
  async (supervisor, { words, rw, live }) => {
    const id = need(words[0], 'container id must be provided');
    const name = need(words[1], 'ref must be provided');
    const found = await readCheckpoint(supervisor, name);
    const { snapshotter, image, runtime, find } = found;
    const config = find(checkpointTypes.config);
    const { spec, rootfs } = await supervisor.withLease(async (leased) => {
      const { chain } = await imageDocuments(leased, image);
      const { mounts } = await leased.snapshots.prepare({ snapshotter, key: id, parent: chain });
      try {
        if (config === undefined) throw new Error('media type not found');
        const spec = await readAny(leased, config);
        const part = find(checkpointTypes.runtimeOptions);
        const options = part === undefined ? undefined : await readAny(leased, part);
        const layer = find(MediaType.ociLayerGzip);
        if (rw && layer === undefined) throw new Error('media type not found');
        if (rw && layer !== undefined) await leased.diff.apply({ diff: layer, mounts });
        const container = { id, image, runtime: { name: runtime, options }, snapshotter, snapshotKey: id, spec };
        await leased.containers.create({ container });
        return { spec, rootfs: mounts };
      } catch (error) {
        await leased.snapshots.remove({ snapshotter, key: id });
        throw error;
      }
    });
    const terminal = Boolean(JSON.parse(Buffer.from(spec.value).toString()).process?.terminal);
    const streams = { nullIo: false, logUri: '', fifoDir: '/run/drydock/fifo', pidFile: '', detach: !terminal };
    await runTask(
      supervisor,
      { id, terminal, rootfs, checkpoint: live ? find(checkpointTypes.criu) : undefined },
      streams,
    );
  },
);
