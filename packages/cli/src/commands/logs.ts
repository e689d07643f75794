/** `logs`: what a container wrote. */
import type { Container } from '../api/types.ts';
import { command, oneContainer } from '../command.ts';
import { demultiplex, write } from '../streams/demultiplex.ts';
import { timestamp } from '../time.ts';

export const logsCommand = command(
  'logs <container>',
  'fetch the logs of a container',
  (argv) =>
    oneContainer(argv).options({
      details: { type: 'boolean', default: false },
      follow: { alias: 'f', type: 'boolean', default: false, describe: 'follow log output' },
      since: { type: 'string', describe: 'a time, or how long ago: 42m' },
      tail: { alias: 'n', type: 'string', default: 'all', describe: 'number of lines from the end' },
      timestamps: { alias: 't', type: 'boolean', default: false, describe: 'show timestamps' },
      until: { type: 'string', describe: 'a time, or how long ago: 42m' },
    }),
  async (engine, { container, details, follow, since, tail, timestamps, until }) => {
    const { Id, Config } = await engine.json<Container>('GET', `/containers/${container}/json`);
    const times = { since: since && timestamp(since), until: until && timestamp(until) };
    const query = { stdout: 1, stderr: 1, details, follow, tail, timestamps, ...times };
    const { body } = await engine.request('GET', `/containers/${Id}/logs`, { query });
    if (Config.Tty) for await (const chunk of body) await write(process.stdout, chunk);
    else await demultiplex(body, process.stdout, process.stderr);
  },
);
