/** `top`: the processes of a container. */
import { command, oneContainer } from '../command.ts';
import { printTable } from '../output/table.ts';

export const topCommand = command(
  'top <container> [ps..]',
  'display the running processes of a container',
  (argv) =>
    oneContainer(argv)
      .positional('ps', { type: 'string', array: true, default: [] as string[], describe: 'ps options' })
      .parserConfiguration({ 'unknown-options-as-args': true }),
  async (engine, { container, ps }) => {
    const query = ps.length === 0 ? {} : { ps_args: ps.join(' ') };
    const { Titles, Processes } = await engine.json<{ Titles: string[]; Processes: string[][] }>(
      'GET',
      `/containers/${container}/top`,
      { query },
    );
    printTable([Titles, ...Processes]);
  },
);
