/** `snapshots prepare`, `view`, `commit`, `mounts` */
import { join } from 'node:path';
import type { Mount } from '@drydock/rpc/generated/types';
import { command } from '../../command.ts';
import { snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { printJson } from '../../output.ts';
import { need } from '../../words.ts';

/** Keeps a snapshot that nothing refers to from the collector. */
const root = (): Record<string, string> => ({ 'containerd.io/gc.root': new Date().toISOString().replace(/\.\d+/, '') });

const maker = (verb: 'prepare' | 'view', describe: string) =>
  command(
    `${verb} [words..]`,
    describe,
    (argv) =>
      snapshotterFlag(wordsFlag(argv))
        .option('target', { alias: 't', type: 'string', default: '', describe: 'print how to mount it there' })
        .option('mounts', { type: 'boolean', default: false, describe: 'print the mounts as JSON' }),
    async (supervisor, { snapshotter, words: [given, parent = ''], target, mounts: asJson }) => {
      const key = need(given, `${verb}: a key for the snapshot must be provided`);
      const labels = verb === 'prepare' ? root() : {};
      const { mounts } = await supervisor.snapshots[verb]({ snapshotter, key, parent, labels });
      if (target !== '') printMounts(target, mounts);
      if (asJson)
        printJson(mounts.map(({ type, source, options }) => ({ Type: type, Source: source, Options: options })));
    },
  );

export const prepare = maker('prepare', 'prepare KEY [PARENT]: a snapshot that can be written to');
export const view = maker('view', 'view KEY [PARENT]: a snapshot that is read-only');

export const commit = command(
  'commit [words..]',
  'commit NAME ACTIVE: make a snapshot a layer',
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { snapshotter, words }) => {
    const name = need(words[0], 'commit: a name must be provided');
    const key = need(words[1], 'commit: the key of an active snapshot must be provided');
    await supervisor.snapshots.commit({ snapshotter, name, key, labels: root() });
  },
);

export const mounts = command(
  ['mounts [words..]', 'mount', 'm'],
  'mounts TARGET KEY: how to mount a snapshot',
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { snapshotter, words }) => {
    const target = need(words[0], 'mounts: a target must be provided');
    const key = need(words[1], 'mounts: the key of a snapshot must be provided');
    printMounts(target, (await supervisor.snapshots.mounts({ snapshotter, key })).mounts);
  },
);

function printMounts(target: string, mounts: readonly Mount[]): void {
  for (const { type, source, target: below, options } of mounts)
    console.log(
      `mount -t ${type} ${source} ${join(target, below)}${options.length > 0 ? ` -o ${options.join(',')}` : ''}`,
    );
}
