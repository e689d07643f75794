/** `snapshots`: the filesystems of images and containers. */
import { Kind } from '@drydock/rpc/generated/snapshots';
import type { Argv } from 'yargs';
import { command, group } from '../command.ts';
import { binarySize, printTable } from '../output.ts';

const kinds: Readonly<Record<number, string>> = {
  [Kind.VIEW]: 'View',
  [Kind.ACTIVE]: 'Active',
  [Kind.COMMITTED]: 'Committed',
};

const which = (argv: Argv): Argv<{ snapshotter: string }> =>
  argv.option('snapshotter', { type: 'string', default: 'overlayfs', describe: 'the snapshotter' });

const keyed = (argv: Argv): Argv<{ snapshotter: string; keys: string[] }> =>
  which(argv).positional('keys', { type: 'string', array: true, demandOption: true });

const list = command(['list', 'ls'], 'list snapshots', which, async (supervisor, { snapshotter }) => {
  const rows: string[][] = [];
  for await (const { info } of supervisor.snapshots.list({ snapshotter }))
    for (const { name, parent, kind } of info) rows.push([name, parent, kinds[kind] ?? 'Unknown']);
  printTable([['KEY', 'PARENT', 'KIND'], ...rows], 1);
});

const usage = command('usage', 'what snapshots take', which, async (supervisor, { snapshotter }) => {
  const rows: string[][] = [];
  for await (const { info } of supervisor.snapshots.list({ snapshotter })) {
    for (const { name: key } of info) {
      const { size, inodes } = await supervisor.snapshots.usage({ snapshotter, key });
      rows.push([key, binarySize(size), String(inodes)]);
    }
  }
  printTable([['KEY', 'SIZE', 'INODES'], ...rows], 1);
});

const mounts = command(
  'mounts <target> <key>',
  'print the mount commands of a snapshot',
  (argv: Argv) =>
    which(argv)
      .positional('target', { type: 'string', demandOption: true })
      .positional('key', { type: 'string', demandOption: true }),
  async (supervisor, { snapshotter, key, target }) => {
    const { mounts: list } = await supervisor.snapshots.mounts({ snapshotter, key });
    for (const { type, source, options } of list)
      console.log(`mount -t ${type} ${source} ${target} -o ${options.join(',')}`);
  },
);

const remove = command(
  ['remove <keys..>', 'rm'],
  'remove snapshots',
  keyed,
  async (supervisor, { snapshotter, keys }) => {
    for (const key of keys) await supervisor.snapshots.remove({ snapshotter, key });
  },
);

export const snapshotsCommand = group(['snapshots', 'snapshot'], 'manage snapshots', [list, usage, mounts, remove]);
