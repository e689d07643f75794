/** Commands that do one thing to each of some containers: stop, kill, restart, pause, unpause, wait, rm; and rename. */
import type { Argv } from 'yargs';
import { command, forEachName, someContainers } from '../command.ts';
import { waitFor } from '../container/follow.ts';

const withTimeout = (argv: Argv) =>
  someContainers(argv)
    .option('timeout', {
      alias: ['t', 'time'],
      type: 'number',
      describe: 'seconds to wait before killing the container',
    })
    .option('signal', { alias: 's', type: 'string', describe: 'signal to send to the container' });

export const stopCommand = command(
  'stop <containers..>',
  'stop running containers',
  withTimeout,
  async (engine, args) => {
    await forEachName(args.containers, async (name) => {
      await engine.send('POST', `/containers/${name}/stop`, { query: { t: args.timeout, signal: args.signal } });
      return name;
    });
  },
);

export const restartCommand = command(
  'restart <containers..>',
  'restart containers',
  withTimeout,
  async (engine, args) => {
    await forEachName(args.containers, async (name) => {
      await engine.send('POST', `/containers/${name}/restart`, { query: { t: args.timeout, signal: args.signal } });
      return name;
    });
  },
);

export const killCommand = command(
  'kill <containers..>',
  'kill running containers',
  (argv) =>
    someContainers(argv).option('signal', { alias: 's', type: 'string', describe: 'signal to send to the container' }),
  async (engine, { containers, signal }) => {
    await forEachName(containers, async (name) => {
      await engine.send('POST', `/containers/${name}/kill`, { query: { signal } });
      return name;
    });
  },
);

export const pauseCommand = command(
  'pause <containers..>',
  'pause all processes within containers',
  someContainers,
  async (engine, { containers }) => {
    await forEachName(containers, async (name) => {
      await engine.send('POST', `/containers/${name}/pause`);
      return name;
    });
  },
);

export const unpauseCommand = command(
  'unpause <containers..>',
  'unpause all processes within containers',
  someContainers,
  async (engine, { containers }) => {
    await forEachName(containers, async (name) => {
      await engine.send('POST', `/containers/${name}/unpause`);
      return name;
    });
  },
);

export const waitCommand = command(
  'wait <containers..>',
  'block until containers stop, then print their exit codes',
  someContainers,
  async (engine, { containers }) => {
    await forEachName(containers, async (name) => String(await waitFor(engine, name)));
  },
);

export const rmCommand = command(
  'rm <containers..>',
  'remove containers',
  (argv) =>
    someContainers(argv)
      .option('force', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'force the removal of a running container',
      })
      .option('volumes', { alias: 'v', type: 'boolean', default: false, describe: 'remove anonymous volumes' })
      .option('link', { alias: 'l', type: 'boolean', default: false, describe: 'remove the specified link' }),
  async (engine, { containers, force, volumes, link }) => {
    await forEachName(containers, async (name) => {
      await engine.send('DELETE', `/containers/${name}`, { query: { force, v: volumes, link } });
      return name;
    });
  },
);

export const renameCommand = command(
  'rename <container> <name>',
  'rename a container',
  (argv) =>
    argv
      .positional('container', { type: 'string', demandOption: true })
      .positional('name', { type: 'string', demandOption: true }),
  async (engine, { container, name }) => {
    await engine.send('POST', `/containers/${container}/rename`, { query: { name } });
  },
);
