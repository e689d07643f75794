/** `trace`: what happened to a container, by its shim's events, with the time between; each trace is one command of a user. */
import { Shim } from '@drydock/rpc/generated/shim_extra';
import { fromTimestamp } from '@drydock/rpc/timestamp';
import { ttrpcClient } from '@drydock/rpc/ttrpc-client';
import type { Argv } from 'yargs';
import type { AnyCommand } from '../command.ts';
import type { GlobalOptions } from '../context.ts';
import { printTable } from '../output.ts';
import { withShim } from '../shim/connect.ts';

export const traceCommand: AnyCommand = {
  command: 'trace <id>',
  describe: "a container's events by its shim, with the trace that each belongs to (our shim only)",
  builder: (argv: Argv) =>
    argv.positional('id', { type: 'string', demandOption: true }).option('shim-address', {
      type: 'string',
      default: '',
      describe: "the shim's socket; found by itself if absent",
    }),
  handler: (args: GlobalOptions & { id: string; shimAddress: string }) =>
    withShim(args, async (connection) => {
      const { events } = await ttrpcClient(Shim, connection).events({});
      let last = Number.NaN;
      const rows = events.map(({ timestamp, topic, state, trace }) => {
        const time = (fromTimestamp(timestamp) ?? new Date(0)).getTime();
        const since = Number.isNaN(last) ? '' : `+${time - last} ms`;
        last = time;
        return [new Date(time).toISOString(), since, topic, state, trace.split('-')[1] ?? '-'];
      });
      printTable([['TIME', 'SINCE', 'TOPIC', 'STATE', 'TRACE'], ...rows], 2);
    }),
};
