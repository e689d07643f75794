/** `exec`: another process in a running container. */
import { hijack } from '../api/hijack.ts';
import { command, programOf } from '../command.ts';
import { ExitStatus } from '../status.ts';
import { joinStreams } from '../streams/attach.ts';
import { followSize } from '../streams/terminal.ts';

export const execCommand = command(
  'exec',
  'exec [OPTIONS] CONTAINER COMMAND [ARG...]: execute a command in a running container',
  (argv) =>
    argv.options({
      detach: { alias: 'd', type: 'boolean', default: false, describe: 'run in the background' },
      'detach-keys': { type: 'string' },
      env: {
        alias: 'e',
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'set environment variables',
      },
      interactive: { alias: 'i', type: 'boolean', default: false, describe: 'keep STDIN open' },
      privileged: { type: 'boolean', default: false },
      tty: { alias: 't', type: 'boolean', default: false, describe: 'allocate a pseudo-TTY' },
      user: { alias: 'u', type: 'string', default: '' },
      workdir: { alias: 'w', type: 'string', default: '' },
    }),
  async (engine, args) => {
    const { detach, tty, interactive, detachKeys } = args;
    const [container, ...program] = programOf(args);
    if (container === undefined || program.length === 0)
      throw new Error("drydock: 'drydock exec' requires at least 2 arguments");
    if (tty && interactive && !detach && !process.stdin.isTTY) throw new Error('the input device is not a TTY');
    const body = {
      User: args.user,
      Privileged: args.privileged,
      Tty: tty,
      AttachStdin: interactive && !detach,
      AttachStdout: !detach,
      AttachStderr: !detach,
      DetachKeys: detachKeys ?? '',
      Env: args.env,
      WorkingDir: args.workdir,
      Cmd: program,
    };
    const { Id } = await engine.json<{ Id: string }>('POST', `/containers/${container}/exec`, { body });
    const start = { Detach: detach, Tty: tty };
    if (detach) {
      await engine.send('POST', `/exec/${Id}/start`, { body: start });
      return;
    }
    const connection = await hijack(engine, `/exec/${Id}/start`, { body: start });
    const stop = tty ? await followSize(engine, `/exec/${Id}`) : () => {};
    const ending = await joinStreams(connection, { tty, stdin: interactive, detachKeys });
    stop();
    if (ending === 'detached') return;
    const { ExitCode } = await engine.json<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`);
    if (ExitCode !== 0 && ExitCode !== null) throw new ExitStatus(ExitCode);
  },
);
