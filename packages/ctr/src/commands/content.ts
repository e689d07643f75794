/** `content`: the blobs. */
import { fromTimestamp } from '@drydock/rpc/timestamp';
import type { Argv } from 'yargs';
import { command, group, quiet } from '../command.ts';
import { age, decimalSize, labelText, printTable } from '../output.ts';

const digests = (argv: Argv): Argv<{ digests: string[] }> =>
  argv.positional('digests', { type: 'string', array: true, demandOption: true });

const list = command(['list', 'ls'], 'list blobs', quiet, async (supervisor, args) => {
  const rows: string[][] = [];
  for await (const { info } of supervisor.content.list({})) {
    for (const { digest, size, createdAt, labels } of info)
      rows.push([digest, decimalSize(size), age(fromTimestamp(createdAt) ?? new Date()), labelText(labels, '-')]);
  }
  if (args.quiet) for (const [digest] of rows) console.log(digest);
  else printTable([['DIGEST', 'SIZE', 'AGE', 'LABELS'], ...rows], 1);
});

const get = command('get <digests..>', 'write blobs to stdout', digests, async (supervisor, args) => {
  for (const digest of args.digests)
    for await (const { data } of supervisor.content.read({ digest })) process.stdout.write(data);
});

const active = command('active', 'list blobs that are being written', quiet, async (supervisor) => {
  const { statuses } = await supervisor.content.listStatuses({ filters: [''] });
  const rows = statuses.map(({ ref, offset, startedAt }) => [
    ref,
    decimalSize(offset),
    age(fromTimestamp(startedAt) ?? new Date()),
  ]);
  printTable([['REF', 'SIZE', 'AGE'], ...rows], 1);
});

const remove = command(
  ['delete <digests..>', 'rm', 'del', 'remove'],
  'delete blobs',
  digests,
  async (supervisor, args) => {
    for (const digest of args.digests) {
      await supervisor.content.delete({ digest });
      console.log(digest);
    }
  },
);

export const contentCommand = group(['content'], 'manage content', [list, get, active, remove]);
