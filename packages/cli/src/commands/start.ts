/** `start`: containers that were created or have ended. */
import type { Container } from '../api/types.ts';
import { command, forEachName, someContainers } from '../command.ts';
import { followContainer } from '../container/follow.ts';
import { ExitStatus } from '../status.ts';

export const startCommand = command(
  'start <containers..>',
  'start one or more stopped containers',
  (argv) =>
    someContainers(argv)
      .option('attach', {
        alias: 'a',
        type: 'boolean',
        default: false,
        describe: 'attach STDOUT/STDERR and forward signals',
      })
      .option('interactive', { alias: 'i', type: 'boolean', default: false, describe: "attach container's STDIN" })
      .option('detach-keys', { type: 'string' }),
  async (engine, { containers, attach, interactive, detachKeys }) => {
    if (!attach && !interactive) {
      await forEachName(containers, async (name) => {
        await engine.send('POST', `/containers/${name}/start`);
        return name;
      });
      return;
    }
    const [name = '', ...more] = containers;
    if (more.length > 0) throw new Error('you cannot start and attach multiple containers at once');
    const { Id, Config, HostConfig } = await engine.json<Container>('GET', `/containers/${name}/json`);
    const code = await followContainer(engine, Id, {
      tty: Config.Tty,
      stdin: interactive && Config.OpenStdin,
      stdout: true,
      stderr: true,
      autoRemove: HostConfig.AutoRemove,
      detachKeys,
      start: () => engine.send('POST', `/containers/${Id}/start`).then(() => {}),
    });
    if (code !== 0) throw new ExitStatus(code);
  },
);
