/** `ps`: the processes of a container, as pids or as ps(1) shows them. */
import type { Command } from '../cli/command.ts';
import { Container } from '../container/container.ts';
import { Failure } from '../failure.ts';

export const ps: Command = {
  name: 'ps',
  summary: 'ps displays the processes running inside a container',
  usage: '<container-id> [ps options]',
  flags: [
    {
      names: ['format', 'f'],
      kind: 'string',
      help: 'select one of: table or json',
      default: 'table',
      choices: ['table', 'json'],
    },
  ],
  arguments: [1],
  flagsAnywhere: false,
  run({ global, flags, args: [id = '', ...options], print }) {
    const pids = Container.load(global.root, id)
      .cgroup.processes()
      .sort((a, b) => a - b);
    const format = flags.text('format') ?? 'table';
    if (format === 'json') print(`${pids.length === 0 ? 'null' : JSON.stringify(pids)}\n`);
    else if (format === 'table') print(psTable(pids, options.length > 0 ? options : ['-ef']));
    else throw new Failure('invalid format option');
    return undefined;
  },
};

/** The lines of ps(1) about these pids; the options must not leave out its PID column. */
function psTable(pids: readonly number[], options: readonly string[]): string {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const result = spawnSync('ps', options, { encoding: 'utf8' });
  if (result.error) throw new Failure(`exec: "ps": ${result.error.message}: `, { cause: result.error });
  if (result.status !== 0) throw new Failure(`exit status ${result.status}: ${result.stdout}${result.stderr}`);
  const [title = '', ...lines] = result.stdout.split('\n');
  const column = title.trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw new Failure("couldn't find PID field in ps output");
  const wanted = lines.filter((line) => pids.includes(Number(line.trim().split(/\s+/)[column])));
  return [title, ...wanted, ''].join('\n');
}
