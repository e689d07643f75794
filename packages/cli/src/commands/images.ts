/** `images`, `history`, `rmi`, `tag`: the images that are here. */

import { parseReference } from '@drydock/oci/reference';
import type { HistoryEntry, ImageSummary } from '../api/types.ts';
import { command, filterQuery, forEachName } from '../command.ts';
import { type Column, printList } from '../output/format.ts';
import { ago, ellipsis, shortId, size } from '../output/units.ts';

interface Row {
  readonly image: ImageSummary;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

export const imagesCommand = command(
  ['images [repository]'],
  'list images',
  (argv) =>
    argv.positional('repository', { type: 'string' }).options({
      all: { alias: 'a', type: 'boolean', default: false, describe: 'show all images' },
      digests: { type: 'boolean', default: false, describe: 'show digests' },
      filter: { alias: 'f', type: 'string', array: true, nargs: 1, default: [] as string[] },
      format: { type: 'string' },
      'no-trunc': { type: 'boolean', default: false, describe: "don't truncate output" },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'only show image IDs' },
    }),
  async (engine, args) => {
    const filters = filterQuery([
      ...args.filter,
      ...(args.repository === undefined ? [] : [`reference=${args.repository}`]),
    ]);
    const images = await engine.json<ImageSummary[]>('GET', '/images/json', { query: { all: args.all, filters } });
    const whole = Boolean(args.noTrunc);
    const rows = images.flatMap((image) => rowsOf(image, Boolean(args.digests)));
    if (args.quiet) for (const { image } of rows) console.log(whole ? image.Id : shortId(image.Id));
    else
      printList(
        rows,
        columns(whole),
        ['Repository', 'Tag', ...(args.digests ? ['Digest'] : []), 'ID', 'CreatedSince', 'Size'],
        args.format,
      );
  },
);

const columns = (whole: boolean): Column<Row>[] => [
  { name: 'Repository', header: 'REPOSITORY', text: ({ repository }) => repository },
  { name: 'Tag', header: 'TAG', text: ({ tag }) => tag },
  { name: 'Digest', header: 'DIGEST', text: ({ digest }) => digest },
  { name: 'ID', header: 'IMAGE ID', text: ({ image }) => (whole ? image.Id : shortId(image.Id)) },
  { name: 'CreatedSince', header: 'CREATED', text: ({ image }) => (image.Created > 0 ? ago(image.Created) : 'N/A') },
  { name: 'CreatedAt', header: 'CREATED AT', text: ({ image }) => new Date(image.Created * 1000).toISOString() },
  { name: 'Size', header: 'SIZE', text: ({ image }) => size(image.Size) },
];

/** A row for each name; one without a name for an image that has none. */
function rowsOf(image: ImageSummary, digests: boolean): Row[] {
  const tags = (image.RepoTags ?? []).filter((name) => name !== '<none>:<none>');
  const byRepository = new Map(
    (image.RepoDigests ?? []).map((name) => [name.split('@')[0] ?? '', name.split('@')[1] ?? '']),
  );
  if (tags.length === 0) {
    const [repository = '<none>', digest = '<none>'] = [...byRepository][0] ?? [];
    return [{ image, repository, tag: '<none>', digest: digests ? digest : '<none>' }];
  }
  return tags.map((name) => {
    const at = name.lastIndexOf(':');
    const repository = name.slice(0, at);
    return { image, repository, tag: name.slice(at + 1), digest: byRepository.get(repository) ?? '<none>' };
  });
}

export const historyCommand = command(
  'history <image>',
  'show the history of an image',
  (argv) =>
    argv.positional('image', { type: 'string', demandOption: true }).options({
      'no-trunc': { type: 'boolean', default: false },
      quiet: { alias: 'q', type: 'boolean', default: false },
      format: { type: 'string' },
    }),
  async (engine, args) => {
    const entries = await engine.json<HistoryEntry[]>('GET', `/images/${args.image}/history`);
    const whole = Boolean(args.noTrunc);
    const id = ({ Id }: HistoryEntry): string => (whole || Id === '<missing>' ? Id : shortId(Id));
    if (args.quiet) for (const entry of entries) console.log(id(entry));
    else
      printList(
        entries,
        [
          { name: 'ID', header: 'IMAGE', text: id },
          { name: 'CreatedSince', header: 'CREATED', text: ({ Created }) => ago(Created) },
          {
            name: 'CreatedBy',
            header: 'CREATED BY',
            text: ({ CreatedBy }) => (whole ? CreatedBy : ellipsis(CreatedBy.replace(/\s+/g, ' '), 45)),
          },
          { name: 'Size', header: 'SIZE', text: ({ Size }) => size(Size) },
          { name: 'Comment', header: 'COMMENT', text: ({ Comment }) => Comment },
        ],
        ['ID', 'CreatedSince', 'CreatedBy', 'Size', 'Comment'],
        args.format,
      );
  },
);

export const tagCommand = command(
  'tag <source> <target>',
  'create a tag that refers to an image',
  (argv) =>
    argv
      .positional('source', { type: 'string', demandOption: true })
      .positional('target', { type: 'string', demandOption: true }),
  async (engine, { source, target }) => {
    const { tag = 'latest' } = parseReference(target);
    const repo = target.endsWith(`:${tag}`) ? target.slice(0, -tag.length - 1) : target;
    await engine.send('POST', `/images/${source}/tag`, { query: { repo, tag } });
  },
);

export const rmiCommand = command(
  'rmi <images..>',
  'remove images',
  (argv) =>
    argv.positional('images', { type: 'string', array: true, demandOption: true }).options({
      force: { alias: 'f', type: 'boolean', default: false },
      'no-prune': { type: 'boolean', default: false },
    }),
  async (engine, { images, force, noPrune }) => {
    await forEachName(images, async (name) => {
      const query = { force, noprune: noPrune };
      const removed = await engine.json<{ Untagged?: string; Deleted?: string }[]>('DELETE', `/images/${name}`, {
        query,
      });
      return removed
        .map(({ Untagged, Deleted }) => (Untagged === undefined ? `Deleted: ${Deleted}` : `Untagged: ${Untagged}`))
        .join('\n');
    });
  },
);
