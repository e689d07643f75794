/** `run`: create, attach, start, follow. */
import { EngineError } from '../api/error.ts';
import { command, programOf } from '../command.ts';
import { createContainer } from '../container/create.ts';
import { followContainer } from '../container/follow.ts';
import { containerOptions } from '../container/options.ts';
import { ExitStatus, engineFailure } from '../status.ts';

export const runCommand = command(
  'run',
  'run [OPTIONS] IMAGE [COMMAND] [ARG...]: create and run a new container from an image',
  (argv) =>
    containerOptions(argv).option('detach', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'run in background and print the ID',
    }),
  async (engine, args) => {
    const [image, ...program] = programOf(args);
    if (image === undefined) throw new Error("drydock: 'drydock run' requires at least 1 argument");
    if (args.tty && args.interactive && !args.detach && !process.stdin.isTTY)
      throw new Error('the input device is not a TTY');
    try {
      const id = await createContainer(engine, args, image, program, !args.detach);
      const start = (): Promise<void> => engine.send('POST', `/containers/${id}/start`).then(() => {});
      if (args.detach) {
        await start();
        console.log(id);
        return;
      }
      const { tty, interactive: stdin, rm: autoRemove, detachKeys } = args;
      const code = await followContainer(engine, id, {
        tty,
        stdin,
        stdout: true,
        stderr: true,
        autoRemove,
        detachKeys,
        start,
      });
      if (code !== 0) throw new ExitStatus(code);
    } catch (error) {
      if (error instanceof ExitStatus) throw error;
      console.error(`drydock: ${(error as Error).message}\n\nRun 'drydock run --help' for more information`);
      throw new ExitStatus(error instanceof EngineError ? startFailure(error.message) : engineFailure);
    }
  },
);

/** 127 for a program that is not there, 126 for one that cannot be run, 125 for all else: docker's own reading of the text. */
function startFailure(message: string): number {
  const text = message.toLowerCase();
  if (/executable file not found|no such file or directory|system cannot find the file specified/.test(text))
    return 127;
  if (/permission denied|not a directory/.test(text)) return text.includes('not a directory') ? 127 : 126;
  return engineFailure;
}
