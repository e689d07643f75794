/** `snapshots list`, `tree`, `info`, `usage`, `delete`, `label` */
import { type Info, Kind } from '@drydock/rpc/generated/snapshots';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import { command } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { binarySize, labelText, printJson, printTable } from '../../output.ts';
import { labelPaths, labelsOf, need } from '../../words.ts';

const kinds: Readonly<Record<number, string>> = {
  [Kind.VIEW]: 'View',
  [Kind.ACTIVE]: 'Active',
  [Kind.COMMITTED]: 'Committed',
};

export const list = command(
  ['list [words..]', 'ls'],
  'list snapshots, those that filters choose',
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { snapshotter, words: filters }) => {
    const infos = await all(supervisor, snapshotter, filters);
    const rows = infos.map(({ name, parent, kind }) => [name, parent, kinds[kind] ?? 'Unknown']);
    printTable([['KEY', 'PARENT', 'KIND'], ...rows], 1);
  },
);

export const tree = command(
  'tree',
  'snapshots below their parents',
  snapshotterFlag,
  async (supervisor, { snapshotter }) => {
    const infos = await all(supervisor, snapshotter);
    const print = (parent: string, level: number): void => {
      for (const { name } of infos.filter((info) => info.parent === parent)) {
        console.log(`${'  '.repeat(level)}${level > 0 ? '\\_' : ''} ${name}`);
        print(name, level + 1);
      }
    };
    print('', 0);
  },
);

export const info = command(
  'info [words..]',
  'info KEY: a snapshot as JSON',
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { snapshotter, words }) => {
    const key = need(words[0], 'a snapshot key must be provided');
    const { info: found } = await supervisor.snapshots.stat({ snapshotter, key });
    if (found === undefined) return;
    const { kind, name, parent, labels, createdAt, updatedAt } = found;
    printJson({
      Kind: kinds[kind],
      Name: name,
      ...(parent === '' ? {} : { Parent: parent }),
      ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }),
      Created: formatTimestamp(createdAt ?? zeroTime),
      Updated: formatTimestamp(updatedAt ?? zeroTime),
    });
  },
);

export const usage = command(
  'usage [words..]',
  'usage KEY...: what snapshots take, without their parents',
  (argv) => snapshotterFlag(wordsFlag(argv)).option('b', { type: 'boolean', default: false, describe: 'in bytes' }),
  async (supervisor, { snapshotter, words, b: inBytes }) => {
    const keys = words.length > 0 ? words : (await all(supervisor, snapshotter)).map(({ name }) => name);
    const rows: string[][] = [];
    for (const key of keys) {
      const { size, inodes } = await supervisor.snapshots.usage({ snapshotter, key });
      rows.push([key, inBytes ? String(size) : binarySize(size), String(inodes)]);
    }
    printTable([['KEY', 'SIZE', 'INODES'], ...rows], 1);
  },
);

export const remove = command(
  ['delete [words..]', 'del', 'remove', 'rm'],
  'remove snapshots',
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { snapshotter, words: keys }) => {
    for (const key of keys) {
      try {
        await supervisor.snapshots.remove({ snapshotter, key });
      } catch (error) {
        throw new Error(`failed to remove "${key}": ${(error as Error).message}`, { cause: error });
      }
    }
  },
);

export const label = command(
  'label [words..]',
  'label KEY NAME=VALUE...: set and clear labels',
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { snapshotter, words: [name = '', ...pairs] }) => {
    const labels = labelsOf(pairs);
    const answer = await supervisor.snapshots.update({
      snapshotter,
      info: { name, labels },
      updateMask: { paths: labelPaths(labels) },
    });
    const text = labelText(answer.info?.labels ?? {}, '');
    if (text !== '') console.log(text);
  },
);

async function all(supervisor: Supervisor, snapshotter: string, filters: readonly string[] = []): Promise<Info[]> {
  const found: Info[] = [];
  for await (const { info } of supervisor.snapshots.list({ snapshotter, filters })) found.push(...info);
  return found;
}
