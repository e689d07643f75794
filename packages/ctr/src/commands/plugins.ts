/** `plugins`: what the server consists of. */
import type { Plugin } from '@drydock/rpc/generated/introspection';
import { PluginInfoResponse } from '@drydock/rpc/generated/introspection';
import { command, group, quiet } from '../command.ts';
import { wordsFlag } from '../flags/common.ts';
import { printJson, printTable } from '../output.ts';
import { protoJson } from '../proto-json.ts';

const list = command(
  ['list [words..]', 'ls'],
  'list plug-ins, those that filters choose',
  (argv) =>
    wordsFlag(quiet(argv)).option('detailed', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'all that is known',
    }),
  async (supervisor, { quiet: idsOnly, words: filters, detailed }) => {
    const { plugins } = await supervisor.introspection.plugins({ filters });
    if (idsOnly) {
      for (const { id } of plugins) console.log(id);
      return;
    }
    if (detailed) {
      for (const plugin of plugins) printDetails(plugin);
      return;
    }
    const rows = plugins.map((plugin) => {
      const { type, id, initErr } = plugin;
      const status = initErr === undefined ? 'ok' : initErr.message.endsWith('skip plugin') ? 'skip' : 'error';
      return [type, id, platformsText(plugin) || '-', status];
    });
    printTable([['TYPE', 'ID', 'PLATFORMS', 'STATUS'], ...rows]);
  },
);

/** Google's names of the codes of errors, which stand beside messages. */
const codes: Readonly<Record<number, string>> = {
  2: 'Unknown',
  3: 'InvalidArgument',
  5: 'NotFound',
  9: 'FailedPrecondition',
  12: 'Unimplemented',
};

function printDetails(plugin: Plugin): void {
  const { type, id, requires, exports, capabilities, initErr } = plugin;
  const line = (name: string, value: string): void => console.log(`${`${name}:`.padEnd(15)}${value}`);
  const below = (name: string, entries: readonly (readonly [string, string])[]): void => {
    if (entries.length === 0) return;
    line(name, '');
    const width = Math.max(...entries.map(([key]) => key.length)) + 6;
    for (const [key, value] of entries) console.log(`${''.padEnd(15)}${key.padEnd(width)}${value}`);
  };
  line('Type', type);
  line('ID', id);
  if (requires.length > 0)
    below(
      'Requires',
      requires.map((name) => [name, '']),
    );
  if (plugin.platforms.length > 0) line('Platforms', platformsText(plugin));
  below('Exports', Object.entries(exports));
  if (capabilities.length > 0) line('Capabilities', capabilities.join(','));
  if (initErr !== undefined)
    below('Error', [
      ['Code:', codes[initErr.code] ?? String(initErr.code)],
      ['Message:', initErr.message],
    ]);
  console.log();
}

function platformsText({ platforms }: Plugin): string {
  return platforms
    .map(({ os, architecture, variant }) => [os, architecture, variant].filter(Boolean).join('/'))
    .join(',');
}

const inspect = command(
  'inspect [words..]',
  'inspect TYPE ID: one plug-in as JSON',
  wordsFlag,
  async (supervisor, { words }) => {
    const [type = '', id = ''] = words;
    printJson(protoJson(PluginInfoResponse, await supervisor.introspection.pluginInfo({ type, id })));
  },
);

export const pluginsCommand = group(['plugins', 'plugin'], 'what the server consists of', [list, inspect]);
