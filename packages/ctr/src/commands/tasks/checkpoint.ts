/** `tasks checkpoint` */
import { hostPlatform } from '@drydock/oci/platform';
import { packAny } from '@drydock/rpc/any';
import { CheckpointOptions } from '@drydock/rpc/generated/runc_options';
import { Status } from '@drydock/rpc/generated/task_types';
import { command } from '../../command.ts';
import { storeCheckpoint } from '../../container/checkpoint.ts';
import { wordsFlag } from '../../flags/common.ts';
import { findImage } from '../../image/find.ts';
import { need } from '../../words.ts';
import { createDiff } from '../snapshots/layers.ts';

export const checkpoint = command(
  'checkpoint [words..]',
  'checkpoint ID: keep what runs, its image and what it changed of that',
  (argv) =>
    wordsFlag(argv)
      .option('exit', { type: 'boolean', default: false, describe: 'end the processes afterwards' })
      .option('image-path', {
        type: 'string',
        default: '',
        describe: "directory for criu's images, instead of an image",
      })
      .option('work-path', { type: 'string', default: '', describe: "directory for criu's logs" }),
  async (supervisor, { words, exit, imagePath, workPath }) => {
    const id = need(words[0], 'container id must be provided');
    const { container } = await supervisor.containers.get({ id });
    const { process: task } = await supervisor.tasks.get({ containerId: id }).catch((error: Error) => {
      throw new Error(`no running task found: ${error.message}`, { cause: error });
    });
    const isRunning = task?.status !== Status.PAUSED;
    await supervisor.withLease(async (leased) => {
      if (isRunning) await leased.tasks.pause({ containerId: id });
      try {
        const options = packAny(CheckpointOptions, { exit, imagePath, workPath });
        const { descriptors } = await leased.tasks.checkpoint({ containerId: id, options });
        // The images are where the caller wanted them: there is nothing to make an image of.
        if (imagePath !== '') return;
        const { image = '', snapshotter = '', snapshotKey = '' } = container ?? {};
        const manifests = descriptors.map((descriptor) => ({ ...descriptor, platform: hostPlatform }));
        const annotations: Record<string, string> = {};
        if (image !== '') {
          manifests.push({ annotations: {}, ...(await findImage(leased, image)).target, platform: hostPlatform });
          annotations['image.name'] = image;
        }
        if (snapshotKey !== '') {
          const layer = await createDiff(leased, {
            snapshotter,
            first: snapshotKey,
            ref: `checkpoint-rw-${snapshotKey}`,
          });
          manifests.push({ ...layer, platform: hostPlatform });
        }
        const name = `containerd.io/checkpoint/${id}:${moment(new Date())}`;
        await storeCheckpoint(
          leased,
          name,
          id,
          { schemaVersion: 2, manifests, annotations },
          { 'containerd.io/checkpoint': 'true' },
        );
        console.log(name);
      } finally {
        // A container that has ended cannot go on.
        if (isRunning && !exit) await leased.tasks.resume({ containerId: id });
      }
    });
  },
);

/** A time as containerd's client names checkpoints by: `11-25-2026-12:34:56`. */
function moment(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}-${date.getFullYear()}`;
  return `${day}-${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
