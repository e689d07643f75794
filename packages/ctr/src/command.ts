/** How commands are written: a yargs module whose handler gets the supervisor's services. */
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { type GlobalOptions, type Supervisor, withSupervisor } from './context.ts';

/** A yargs module of whatever arguments. */
export interface AnyCommand extends Pick<CommandModule, 'command' | 'describe'> {
  readonly builder: (argv: Argv) => Argv<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: commands of all argument types stand in one list
  readonly handler: (args: any) => void | Promise<void>;
}

/** A command that talks to the supervisor. */
export function command<T>(
  usage: string | readonly string[],
  describe: string,
  options: (argv: Argv) => Argv<T>,
  run: (supervisor: Supervisor, args: ArgumentsCamelCase<T & GlobalOptions>) => Promise<void>,
): AnyCommand {
  return {
    command: usage,
    describe,
    builder: options,
    handler: (args: ArgumentsCamelCase<T & GlobalOptions>) =>
      withSupervisor(args, (supervisor) => run(supervisor, args)),
  };
}

/** A command that only has subcommands. */
export function group(usage: readonly string[], describe: string, commands: readonly AnyCommand[]): AnyCommand {
  return {
    command: usage,
    describe,
    builder: (argv: Argv) =>
      argv
        .command([...commands])
        .demandCommand(1, `${usage[0]}: a command is needed`)
        .strictCommands(),
    handler: () => {},
  };
}

/** No options. */
export const plain = (argv: Argv): Argv<object> => argv;

/** The flag of lists that print names only. */
export const quiet = (argv: Argv): Argv<{ quiet: boolean }> =>
  argv.option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'print only the names' });

/** The words behind `--`: what separateProgram has set apart. */
export function programOf(args: object): string[] {
  return ((args as { '--'?: unknown[] })['--'] ?? []).map(String);
}
