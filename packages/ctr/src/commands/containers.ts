/** `containers`: the records. */
import { isKind } from '@drydock/rpc/errors';
import type { Container } from '@drydock/rpc/generated/containers';
import { Status } from '@drydock/rpc/generated/task_types';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import type { Argv } from 'yargs';
import { command, group, quiet } from '../command.ts';
import type { Supervisor } from '../context.ts';
import { printTable } from '../output.ts';

const list = command(
  ['list [filters..]', 'ls'],
  'list containers',
  (argv: Argv) => quiet(argv).positional('filters', { type: 'string', array: true, default: [] as string[] }),
  async (supervisor, args) => {
    const { containers } = await supervisor.containers.list({ filters: args.filters });
    if (args.quiet) {
      for (const { id } of containers) console.log(id);
      return;
    }
    const rows = containers.map(({ id, image, runtime }) => [id, image || '-', runtime?.name ?? '']);
    printTable([['CONTAINER', 'IMAGE', 'RUNTIME'], ...rows]);
  },
);

const info = command(
  'info <id>',
  'print a container as JSON',
  (argv: Argv) =>
    argv.positional('id', { type: 'string', demandOption: true }).option('spec', { type: 'boolean', default: false }),
  async (supervisor, { id, spec }) => {
    const { container } = await supervisor.containers.get({ id });
    if (container === undefined) return;
    const document = JSON.parse(Buffer.from(container.spec?.value ?? []).toString() || 'null');
    console.log(JSON.stringify(spec ? document : describe(container, document), undefined, 4));
  },
);

const remove = command(
  ['delete <ids..>', 'del', 'remove', 'rm'],
  'delete containers',
  (argv: Argv) =>
    argv
      .positional('ids', { type: 'string', array: true, demandOption: true })
      .option('keep-snapshot', { type: 'boolean', default: false, describe: 'leave the snapshot' }),
  async (supervisor, { ids, keepSnapshot }) => {
    for (const id of ids) await deleteContainer(supervisor, id, Boolean(keepSnapshot));
  },
);

export const containersCommand = group(['containers', 'c', 'container'], 'manage containers', [list, info, remove]);

/** Deletes a container that has no task, or an ended one, with its snapshot. */
export async function deleteContainer(supervisor: Supervisor, id: string, keepSnapshot = false): Promise<void> {
  const { container } = await supervisor.containers.get({ id });
  const task = await supervisor.tasks.get({ containerId: id }).catch((error: unknown) => {
    if (isKind(error, 'not found')) return undefined;
    throw error;
  });
  const status = task?.process?.status;
  if (status === Status.STOPPED || status === Status.CREATED) await supervisor.tasks.delete({ containerId: id });
  else if (status !== undefined)
    throw new Error(`cannot delete a non stopped container: ${id} is ${statusText(status)}`);
  const { snapshotter = '', snapshotKey = '' } = container ?? {};
  if (snapshotKey !== '' && !keepSnapshot)
    await supervisor.snapshots.remove({ snapshotter, key: snapshotKey }).catch((error: unknown) => {
      if (!isKind(error, 'not found')) throw error;
    });
  await supervisor.containers.delete({ id });
}

/** A status as ctr prints it. */
export function statusText(status: number): string {
  return Object.entries(Status).find(([, value]) => value === status)?.[0] ?? 'UNKNOWN';
}

function describe(container: Container, spec: unknown): unknown {
  const { id, labels, image, runtime, snapshotKey, snapshotter, createdAt, updatedAt } = container;
  return {
    ID: id,
    Labels: labels,
    Image: image,
    Runtime: { Name: runtime?.name ?? '', Options: runtime?.options && { type_url: runtime.options.typeUrl } },
    SnapshotKey: snapshotKey,
    Snapshotter: snapshotter,
    CreatedAt: formatTimestamp(createdAt ?? zeroTime),
    UpdatedAt: formatTimestamp(updatedAt ?? zeroTime),
    Extensions: null,
    Spec: spec,
  };
}
