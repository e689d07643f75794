/** `list`: the containers below the root. */
import { fileStatus, fileStatusIfPresent, listDirectory, readTextIfPresent, writeAll } from '@drydock/linux/disk';
import type { Command } from '../cli/command.ts';
import { escapeHtml } from '../cli/go-json.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';

export const list: Command = {
  name: 'list',
  summary: 'lists containers with the given root',
  usage: '',
  flags: [
    {
      names: ['format', 'f'],
      kind: 'string',
      help: 'select one of: table or json',
      default: 'table',
      choices: ['table', 'json'],
    },
    { names: ['quiet', 'q'], kind: 'bool', help: 'display only container IDs' },
  ],
  arguments: [0, 0],
  flagsAnywhere: true,
  run({ global, flags, print }) {
    const format = flags.text('format') ?? 'table';
    if (format !== 'table' && format !== 'json') throw new Failure('invalid format option');
    const containers = containersIn(global.root);
    if (flags.bool('quiet')) print(containers.map(({ id }) => `${id}\n`).join(''));
    else if (format === 'json')
      print(`${containers.length === 0 ? 'null' : escapeHtml(JSON.stringify(containers.map((c) => entry(c))))}\n`);
    else print(table(containers.map((c) => entry(c))));
    return undefined;
  },
};

function containersIn(root: string): Container[] {
  if (fileStatusIfPresent(root) === undefined) return [];
  return listDirectory(root)
    .filter((name) => name.endsWith('/') && !name.startsWith('.'))
    .map((name) => name.slice(0, -1))
    .flatMap((id) => {
      try {
        return [Container.load(root, id)];
      } catch (error) {
        // The directory of no container, or of one that was deleted meanwhile: the others are listed all the same.
        if (!(error instanceof Failure)) throw error;
        writeAll(2, Buffer.from(`load container ${id}: ${error.message}\n`), 'standard error');
        return [];
      }
    });
}

function entry(container: Container) {
  const { ociVersion, status, pid, bundle, annotations } = container.ociState();
  const { rootfs, created } = container.state;
  const owner = ownerOf(container.directory);
  return { ociVersion, id: container.id, pid: pid ?? 0, status, bundle, rootfs, created, annotations, owner };
}

/** Columns at least 12 wide, 3 apart. */
function table(entries: readonly ReturnType<typeof entry>[]): string {
  const rows = [
    ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'],
    ...entries.map(({ id, pid, status, bundle, created, owner }) => [id, String(pid), status, bundle, created, owner]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(12, ...rows.map((row) => row[column]!.length + 3)));
  const cell = (text: string, column: number) => (column === widths.length - 1 ? text : text.padEnd(widths[column]!));
  return rows.map((row) => `${row.map(cell).join('')}\n`).join('');
}

function ownerOf(directory: string): string {
  const { uid } = fileStatus(directory);
  const user = readTextIfPresent('/etc/passwd')
    ?.split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[2] === String(uid));
  return user?.[0] ?? `#${uid}`;
}
