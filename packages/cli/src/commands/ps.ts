/** `ps`: the containers. */
import type { ContainerSummary, Port } from '../api/types.ts';
import { command, filterQuery } from '../command.ts';
import { type Column, printList } from '../output/format.ts';
import { ago, ellipsis, shortId, size } from '../output/units.ts';

export const psCommand = command(
  ['ps', 'ls', 'list'],
  'list containers',
  (argv) =>
    argv.options({
      all: { alias: 'a', type: 'boolean', default: false, describe: 'show all containers' },
      filter: { alias: 'f', type: 'string', array: true, nargs: 1, default: [] as string[] },
      format: { type: 'string' },
      last: { alias: 'n', type: 'number', default: -1, describe: 'show n last created containers' },
      latest: { alias: 'l', type: 'boolean', default: false, describe: 'show the latest created container' },
      'no-trunc': { type: 'boolean', default: false, describe: "don't truncate output" },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'only display container IDs' },
      size: { alias: 's', type: 'boolean', default: false, describe: 'display total file sizes' },
    }),
  async (engine, args) => {
    const limit = args.latest ? 1 : args.last > 0 ? args.last : undefined;
    const query = { all: args.all, limit, size: args.size, filters: filterQuery(args.filter) };
    const containers = await engine.json<ContainerSummary[]>('GET', '/containers/json', { query });
    const whole = Boolean(args.noTrunc);
    if (args.quiet) for (const { Id } of containers) console.log(whole ? Id : shortId(Id));
    else {
      const shown = [
        'ID',
        'Image',
        'Command',
        'RunningFor',
        'Status',
        'Ports',
        'Names',
        ...(args.size ? ['Size'] : []),
      ];
      printList(containers, columns(whole), shown, args.format);
    }
  },
);

const columns = (whole: boolean): Column<ContainerSummary>[] => [
  { name: 'ID', header: 'CONTAINER ID', text: ({ Id }) => (whole ? Id : shortId(Id)) },
  {
    name: 'Image',
    header: 'IMAGE',
    text: ({ Image }) => (Image.startsWith('sha256:') && !whole ? shortId(Image) : Image),
  },
  { name: 'Command', header: 'COMMAND', text: ({ Command }) => `"${whole ? Command : ellipsis(Command, 20)}"` },
  { name: 'CreatedAt', header: 'CREATED AT', text: ({ Created }) => new Date(Created * 1000).toISOString() },
  { name: 'RunningFor', header: 'CREATED', text: ({ Created }) => ago(Created) },
  { name: 'Status', header: 'STATUS', text: ({ Status }) => Status },
  { name: 'State', header: 'STATE', text: ({ State }) => State },
  { name: 'Ports', header: 'PORTS', text: ({ Ports }) => Ports.map(portText).sort().join(', ') },
  { name: 'Names', header: 'NAMES', text: ({ Names }) => Names.map((name) => name.replace(/^\//, '')).join(',') },
  {
    name: 'Labels',
    header: 'LABELS',
    text: ({ Labels }) =>
      Object.entries(Labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
  },
  {
    name: 'Mounts',
    header: 'MOUNTS',
    text: ({ Mounts }) => Mounts.map(({ Name, Source }) => Name ?? Source).join(','),
  },
  {
    name: 'Networks',
    header: 'NETWORKS',
    text: ({ NetworkSettings }) => Object.keys(NetworkSettings?.Networks ?? {}).join(','),
  },
  {
    name: 'Size',
    header: 'SIZE',
    text: ({ SizeRw = 0, SizeRootFs = 0 }) =>
      `${size(SizeRw)}${SizeRootFs > 0 ? ` (virtual ${size(SizeRootFs)})` : ''}`,
  },
];

function portText({ IP, PrivatePort, PublicPort, Type }: Port): string {
  if (PublicPort === undefined) return `${PrivatePort}/${Type}`;
  return `${IP?.includes(':') ? `[${IP}]` : IP}:${PublicPort}->${PrivatePort}/${Type}`;
}
