/** `namespaces`: the server's division between its clients. */
import { isKind } from '@drydock/rpc/errors';
import type { Argv } from 'yargs';
import { command, group, quiet } from '../command.ts';
import { labelText, printTable } from '../output.ts';

const named = (argv: Argv): Argv<{ name: string; labels: string[] }> =>
  argv
    .positional('name', { type: 'string', demandOption: true })
    .positional('labels', { type: 'string', array: true, default: [] as string[], describe: 'key=value' });

const names = (argv: Argv): Argv<{ names: string[] }> =>
  argv.positional('names', { type: 'string', array: true, demandOption: true });

const list = command(['list', 'ls'], 'list namespaces', quiet, async (supervisor, args) => {
  const { namespaces } = await supervisor.namespaces.list({});
  if (args.quiet) {
    for (const { name } of namespaces) console.log(name);
    return;
  }
  printTable([['NAME', 'LABELS'], ...namespaces.map(({ name, labels }) => [name, labelText(labels, '')])]);
});

const create = command(['create <name> [labels..]', 'c'], 'create a namespace', named, async (supervisor, args) => {
  const labels = Object.fromEntries(
    args.labels.map((text) => [text.split('=')[0] ?? '', text.slice(text.indexOf('=') + 1)]),
  );
  await supervisor.namespaces.create({ namespace: { name: args.name, labels } });
});

const remove = command(['remove <names..>', 'rm'], 'remove empty namespaces', names, async (supervisor, args) => {
  for (const name of args.names) {
    await supervisor.namespaces.delete({ name }).catch((error: unknown) => {
      if (!isKind(error, 'not found')) throw error;
    });
    console.log(name);
  }
});

export const namespacesCommand = group(['namespaces', 'namespace', 'ns'], 'manage namespaces', [list, create, remove]);
