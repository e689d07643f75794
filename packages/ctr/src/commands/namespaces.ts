/** `namespaces`: the server's division between its clients. */
import { globSync, rmdirSync } from 'node:fs';
import { isKind } from '@drydock/rpc/errors';
import { command, group, quiet } from '../command.ts';
import { wordsFlag } from '../flags/common.ts';
import { log } from '../log.ts';
import { labelText, printTable } from '../output.ts';
import { labelPaths, labelsOf, need } from '../words.ts';

const list = command(['list', 'ls'], 'list namespaces', quiet, async (supervisor, args) => {
  const { namespaces } = await supervisor.namespaces.list({});
  if (args.quiet) {
    for (const { name } of namespaces) console.log(name);
    return;
  }
  printTable([['NAME', 'LABELS'], ...namespaces.map(({ name, labels }) => [name, labelText(labels, '')])], 1);
});

const create = command(
  ['create [words..]', 'c'],
  'create NAME KEY=VALUE...: a namespace with labels',
  wordsFlag,
  async (supervisor, { words: [given, ...pairs] }) => {
    const name = need(given, 'please specify a namespace');
    await supervisor.namespaces.create({ namespace: { name, labels: labelsOf(pairs) } });
  },
);

const label = command(
  'label [words..]',
  'label NAME KEY=VALUE...: set and clear labels',
  wordsFlag,
  async (supervisor, { words: [given, ...pairs] }) => {
    const name = need(given, 'please specify a namespace');
    const labels = labelsOf(pairs);
    for (const path of labelPaths(labels))
      await supervisor.namespaces.update({ namespace: { name, labels }, updateMask: { paths: [path] } });
  },
);

const remove = command(
  ['remove [words..]', 'rm'],
  'remove empty namespaces',
  (argv) =>
    wordsFlag(argv).option('cgroup', {
      alias: 'c',
      type: 'boolean',
      default: false,
      describe: "remove the namespace's cgroup, too",
    }),
  async (supervisor, { words: names, cgroup }) => {
    let failure: unknown;
    for (const name of names) {
      try {
        await supervisor.namespaces.delete({ name });
        if (cgroup) removeCgroup(name);
        console.log(name);
      } catch (error) {
        if (isKind(error, 'not found')) console.log(name);
        else {
          failure ??= error;
          log('error', `unable to delete ${name}`, { error: (error as Error).message });
        }
      }
    }
    if (failure !== undefined) throw failure;
  },
);

/** Removes the cgroup that containers of a namespace were below, in each hierarchy that has it. */
function removeCgroup(name: string): void {
  for (const path of globSync([`/sys/fs/cgroup/${name}`, `/sys/fs/cgroup/*/${name}`])) rmdirSync(path);
}

export const namespacesCommand = group(['namespaces', 'namespace', 'ns'], 'manage namespaces', [
  list,
  create,
  label,
  remove,
]);
