/** `info` and `deprecations`: what the server says of itself (ctr 2.x). */
import { ServerResponse } from '@drydock/rpc/generated/introspection';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import { command, group, plain } from '../command.ts';
import { printJson, printTable } from '../output.ts';
import { protoJson } from '../proto-json.ts';

export const infoCommand = command('info', 'what the server is', plain, async (supervisor) => {
  printJson({ server: protoJson(ServerResponse, await supervisor.introspection.server({})) });
});

const list = command(
  'list',
  'what the server was asked for that is on its way out',
  (argv) => argv.option('format', { type: 'string', default: 'default', describe: 'default or json' }),
  async (supervisor, { format }) => {
    const { deprecations } = await supervisor.introspection.server({});
    if (deprecations.length === 0) return;
    const rows = deprecations.map(({ id, message, lastOccurrence }) => ({
      id,
      message,
      lastOccurrence: formatTimestamp(lastOccurrence ?? zeroTime),
    }));
    if (format === 'json') printJson(rows);
    else
      printTable([
        ['ID', 'LAST OCCURRENCE', 'MESSAGE'],
        ...rows.map((row) => [row.id, row.lastOccurrence, row.message]),
      ]);
  },
);

export const deprecationsCommand = group(['deprecations'], 'what is on its way out', [list]);
