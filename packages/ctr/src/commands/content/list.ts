/** `content list`, `active`, `get`, `delete`, `label`, `ingest`: the blobs. */
import { isDigest } from '@drydock/oci/digest';
import { fromTimestamp } from '@drydock/rpc/timestamp';
import { streamBlob, writeBlob } from '@drydock/transfer/blobs';
import { command, quiet } from '../../command.ts';
import { wordsFlag } from '../../flags/common.ts';
import { log } from '../../log.ts';
import { age, decimalSize, labelText, printTabbed } from '../../output.ts';
import { labelPaths, labelsOf, need } from '../../words.ts';

export const list = command(
  ['list [words..]', 'ls'],
  'list blobs, those that filters choose',
  (argv) => wordsFlag(quiet(argv)),
  async (supervisor, { quiet: digestsOnly, words: filters }) => {
    const rows: string[][] = [];
    for await (const { info } of supervisor.content.list({ filters }))
      for (const { digest, size, createdAt, labels } of info)
        rows.push([digest, decimalSize(size), age(fromTimestamp(createdAt) ?? new Date()), labelText(labels, '-')]);
    if (digestsOnly) for (const [digest] of rows) console.log(digest);
    else printTabbed([['DIGEST', 'SIZE', 'AGE', 'LABELS'], ...rows]);
  },
);

export const active = command(
  'active [words..]',
  'blobs that are being written, those whose name fits an expression',
  (argv) =>
    wordsFlag(argv)
      .option('timeout', { alias: 't', type: 'string', default: '0s', describe: 'kept for ctr: unused there, too' })
      .option('root', { type: 'string', default: '/tmp/content', describe: 'kept for ctr: unused there, too' }),
  async (supervisor, { words: [match = ''] }) => {
    const { statuses } = await supervisor.content.listStatuses({ filters: match === '' ? [''] : [`ref~=${match}`] });
    const rows = statuses.map(({ ref, offset, startedAt }) => [
      ref,
      decimalSize(offset),
      age(fromTimestamp(startedAt) ?? new Date()),
      '',
    ]);
    printTabbed([['REF', 'SIZE', 'AGE', ''], ...rows]);
  },
);

export const get = command(
  'get [words..]',
  'get DIGEST: write a blob to stdout',
  wordsFlag,
  async (supervisor, { words }) => {
    for (const digest of words.length === 0 ? [''] : words) {
      expectDigest(digest);
      for await (const data of streamBlob(supervisor.content, digest)) process.stdout.write(data);
    }
  },
);

export const remove = command(
  ['delete [words..]', 'del', 'remove', 'rm'],
  'delete blobs',
  wordsFlag,
  async (supervisor, { words }) => {
    let failure: unknown;
    for (const digest of words) {
      try {
        expectDigest(digest);
        await supervisor.content.delete({ digest });
        console.log(digest);
      } catch (error) {
        failure ??= error;
        log('error', `could not delete ${digest}`, { error: (error as Error).message });
      }
    }
    if (failure !== undefined) throw failure;
  },
);

export const label = command(
  'label [words..]',
  'label DIGEST KEY=VALUE...: set and clear labels',
  wordsFlag,
  async (supervisor, { words: [digest = '', ...pairs] }) => {
    expectDigest(digest);
    const labels = labelsOf(pairs);
    const { info } = await supervisor.content.update({
      info: { digest, labels },
      updateMask: { paths: labelPaths(labels) },
    });
    console.log(labelText(info?.labels ?? {}, ''));
  },
);

export const ingest = command(
  'ingest [words..]',
  'ingest KEY: write stdin to a blob',
  (argv) =>
    wordsFlag(argv)
      .option('expected-size', { type: 'number', default: 0, describe: 'bytes that there must be' })
      .option('expected-digest', { type: 'string', default: '', describe: 'digest that they must have' }),
  async (supervisor, { words, expectedSize, expectedDigest }) => {
    const ref = need(words[0], 'must specify a transaction reference');
    if (expectedDigest !== '') expectDigest(expectedDigest);
    const expected = expectedDigest === '' ? {} : { expected: { digest: expectedDigest, size: expectedSize } };
    const { size } = await writeBlob(supervisor.content, { ref, read: () => process.stdin, ...expected });
    if (expectedSize > 0 && size !== expectedSize)
      throw new Error(`unexpected commit size ${size}, expected ${expectedSize}: failed precondition`);
  },
);

/** Throws in ctr's words. */
export function expectDigest(digest: string): void {
  if (!isDigest(digest)) throw new Error('invalid checksum digest format');
}
