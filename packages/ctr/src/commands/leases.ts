/** `leases`: what keeps resources from the garbage collector. */
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import type { Argv } from 'yargs';
import { command, group, quiet } from '../command.ts';
import { goTime, labelText, printTable } from '../output.ts';

const list = command(['list', 'ls'], 'list leases', quiet, async (supervisor, args) => {
  const { leases } = await supervisor.leases.list({});
  if (args.quiet) {
    for (const { id } of leases) console.log(id);
    return;
  }
  const rows = leases.map(({ id, createdAt, labels }) => [
    id,
    goTime(formatTimestamp(createdAt ?? zeroTime)),
    labelText(labels, '-'),
  ]);
  printTable([['ID', 'CREATED AT', 'LABELS'], ...rows], 1);
});

const remove = command(
  ['delete <ids..>', 'rm'],
  'delete leases',
  (argv: Argv) => argv.positional('ids', { type: 'string', array: true, demandOption: true }),
  async (supervisor, args) => {
    for (const id of args.ids) {
      await supervisor.leases.delete({ id });
      console.log(id);
    }
  },
);

export const leasesCommand = group(['leases', 'lease'], 'manage leases', [list, remove]);
