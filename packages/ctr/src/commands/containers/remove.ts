/** `containers delete` */
import { ignoreNotFound, isKind } from '@drydock/rpc/errors';
import { Status } from '@drydock/rpc/generated/task_types';
import { command } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { wordsFlag } from '../../flags/common.ts';
import { log } from '../../log.ts';
import { statusText } from '../../run/status-text.ts';
import { removeFifos } from '../../run/streams.ts';

export const remove = command(
  ['delete [words..]', 'del', 'remove', 'rm'],
  'delete containers',
  (argv) =>
    wordsFlag(argv).option('keep-snapshot', { type: 'boolean', default: false, describe: 'leave the snapshot' }),
  async (supervisor, { words: ids, keepSnapshot }) => {
    if (ids.length === 0) throw new Error('must specify at least one container to delete: invalid argument');
    let failure: unknown;
    for (const id of ids) {
      try {
        await deleteContainer(supervisor, id, keepSnapshot);
      } catch (error) {
        failure ??= error;
        log('error', `failed to delete container "${id}"`, { error: (error as Error).message });
      }
    }
    if (failure !== undefined) throw failure;
  },
);

/** Deletes a container that has no task, or an ended one, with its snapshot. */
export async function deleteContainer(supervisor: Supervisor, id: string, keepSnapshot = false): Promise<void> {
  const { container } = await supervisor.containers.get({ id });
  const task = await supervisor.tasks.get({ containerId: id }).catch((error: unknown) => {
    if (isKind(error, 'not found')) return undefined;
    throw error;
  });
  const status = task?.process?.status;
  if (status === Status.STOPPED || status === Status.CREATED) {
    await supervisor.tasks.delete({ containerId: id });
    const { stdin = '', stdout = '', stderr = '' } = task?.process ?? {};
    removeFifos([stdin, stdout, stderr]);
  } else if (status !== undefined)
    throw new Error(
      `cannot delete a non stopped container: {${statusText(status).toLowerCase()} 0 0001-01-01 00:00:00 +0000 UTC}`,
    );
  const { snapshotter = '', snapshotKey = '' } = container ?? {};
  if (snapshotKey !== '' && !keepSnapshot)
    await supervisor.snapshots.remove({ snapshotter, key: snapshotKey }).catch(ignoreNotFound);
  await supervisor.containers.delete({ id });
}
