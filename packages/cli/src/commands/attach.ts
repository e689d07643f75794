/** `attach`: our streams to a running container's. */
import type { Container } from '../api/types.ts';
import { command, oneContainer } from '../command.ts';
import { followContainer } from '../container/follow.ts';
import { ExitStatus } from '../status.ts';

export const attachCommand = command(
  'attach <container>',
  'attach to a running container',
  (argv) =>
    oneContainer(argv)
      .option('no-stdin', { type: 'boolean', default: false, describe: 'do not attach STDIN' })
      .option('detach-keys', { type: 'string' }),
  async (engine, { container, noStdin, detachKeys }) => {
    const { Id, Config, State } = await engine.json<Container>('GET', `/containers/${container}/json`);
    if (!State.Running) throw new Error('cannot attach to a stopped container, start it first');
    if (State.Paused) throw new Error('cannot attach to a paused container, unpause it first');
    const code = await followContainer(engine, Id, {
      tty: Config.Tty,
      stdin: Config.OpenStdin && !noStdin,
      stdout: true,
      stderr: true,
      autoRemove: false,
      detachKeys,
      start: async () => {},
    });
    if (code !== 0) throw new ExitStatus(code);
  },
);
