/** `leases`: what keeps resources from the garbage collector. */
import { parseGoDuration } from '@drydock/oci/go-duration';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import { command, group, quiet } from '../command.ts';
import { wordsFlag } from '../flags/common.ts';
import { labelText, printTable, wholeSeconds } from '../output.ts';
import { labelsOf } from '../words.ts';

const list = command(
  ['list [words..]', 'ls'],
  'list leases, those that filters choose',
  (argv) => wordsFlag(quiet(argv)),
  async (supervisor, { quiet: idsOnly, words: filters }) => {
    const { leases } = await supervisor.leases.list({ filters });
    if (idsOnly) {
      for (const { id } of leases) console.log(id);
      return;
    }
    const rows = leases.map(({ id, createdAt, labels }) => [
      id,
      wholeSeconds(formatTimestamp(createdAt ?? zeroTime)),
      labelText(labels, '-'),
    ]);
    printTable([['ID', 'CREATED AT', 'LABELS'], ...rows], 1);
  },
);

const create = command(
  'create [words..]',
  'create KEY=VALUE...: a lease with labels',
  (argv) =>
    wordsFlag(argv)
      .option('id', { type: 'string', default: '', describe: 'its id; one is made if absent' })
      .option('expires', {
        alias: 'x',
        type: 'string',
        default: '24h',
        describe: 'when it ends, such as 1h30m; 0: never',
      }),
  async (supervisor, { words, id, expires }) => {
    const lifetime = milliseconds(expires);
    const end = new Date(Date.now() + lifetime).toISOString().replace(/\.\d+/, '');
    const labels = { ...labelsOf(words), ...(lifetime > 0 ? { 'containerd.io/gc.expire': end } : {}) };
    const { lease } = await supervisor.leases.create({ id, labels });
    console.log(lease?.id);
  },
);

const remove = command(
  ['delete [words..]', 'del', 'remove', 'rm'],
  'delete leases',
  (argv) => wordsFlag(argv).option('sync', { type: 'boolean', default: false, describe: 'wait for the collection' }),
  async (supervisor, { words: ids, sync }) => {
    for (const [index, id] of ids.entries()) {
      await supervisor.leases.delete({ id, sync: sync && index === ids.length - 1 });
      console.log(id);
    }
  },
);

/** A duration in Go's form, such as `1h30m`, in milliseconds. */
function milliseconds(text: string): number {
  const duration = parseGoDuration(text);
  if (duration === undefined) throw new Error(`invalid value "${text}" for flag -expires: parse error`);
  return duration;
}

export const leasesCommand = group(['leases', 'lease'], 'manage leases', [list, create, remove]);
