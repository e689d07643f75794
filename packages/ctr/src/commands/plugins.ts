/** `plugins`: what the server consists of. */
import { command, group, quiet } from '../command.ts';
import { printTable } from '../output.ts';

const list = command(['list', 'ls'], 'list plug-ins', quiet, async (supervisor, args) => {
  const { plugins } = await supervisor.introspection.plugins({});
  if (args.quiet) {
    for (const { id } of plugins) console.log(id);
    return;
  }
  const rows = plugins.map(({ type, id, platforms, initErr }) => {
    const where = platforms.map(({ os, architecture }) => `${os}/${architecture}`).join(',') || '-';
    const status = initErr === undefined ? 'ok' : initErr.message.endsWith('skip plugin') ? 'skip' : 'error';
    return [type, id, where, status];
  });
  printTable([['TYPE', 'ID', 'PLATFORMS', 'STATUS'], ...rows]);
});

export const pluginsCommand = group(['plugins', 'plugin'], 'what the server consists of', [list]);
