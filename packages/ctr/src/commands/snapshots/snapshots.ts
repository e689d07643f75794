/** `snapshots`: the filesystems of images and containers. */
import type { Argv } from 'yargs';
import { type AnyCommand, group } from '../../command.ts';
import { snapshotterFlag } from '../../flags/common.ts';
import { diff, unpackCommand } from './layers.ts';
import { commit, mounts, prepare, view } from './make.ts';
import { info, label, list, remove, tree, usage } from './records.ts';

const commands = [commit, diff, info, list, mounts, prepare, remove, label, tree, unpackCommand, usage, view];

/** The snapshotter is named in front of the verb. */
const all = group(['snapshots', 'snapshot'], 'manage snapshots', commands);

export const snapshotsCommand: AnyCommand = {
  ...all,
  builder: (argv: Argv) => all.builder(snapshotterFlag(argv) as Argv),
};
