/** How commands are written: a yargs module whose handler gets the engine. */
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { Engine } from './api/client.ts';

/** Global options, as yargs gives them to each command. */
export interface GlobalOptions {
  readonly host: string;
}

/** A yargs module of whatever arguments. */
export interface AnyCommand extends Pick<CommandModule, 'command' | 'describe'> {
  readonly builder: (argv: Argv) => Argv<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: commands of all argument types stand in one list
  readonly handler: (args: any) => void | Promise<void>;
}

/** A command that talks to the engine. */
export function command<T>(
  usage: string | readonly string[],
  describe: string,
  options: (argv: Argv) => Argv<T>,
  run: (engine: Engine, args: ArgumentsCamelCase<T & GlobalOptions>) => Promise<void>,
): AnyCommand {
  return {
    command: usage,
    describe,
    builder: options,
    handler: async (args: ArgumentsCamelCase<T & GlobalOptions>) => {
      const engine = new Engine(args.host);
      try {
        await run(engine, args);
      } finally {
        await engine.close();
      }
    },
  };
}

/** A command that only has subcommands. */
export function group(usage: string, describe: string, commands: readonly AnyCommand[]): AnyCommand {
  return {
    command: usage,
    describe,
    builder: (argv: Argv) =>
      argv
        .command([...commands])
        .demandCommand(1, `drydock ${usage}: a command is needed`)
        .strictCommands(),
    handler: () => {},
  };
}

/** No options. */
export const plain = (argv: Argv): Argv<object> => argv;

/** One container. */
export const oneContainer = (argv: Argv): Argv<{ container: string }> =>
  argv.positional('container', { type: 'string', demandOption: true });

/** One container or more. */
export const someContainers = (argv: Argv): Argv<{ containers: string[] }> =>
  argv.positional('containers', { type: 'string', array: true, demandOption: true });

/** The words behind `--`: what separateProgram has set apart. */
export function programOf(args: object): string[] {
  return ((args as { '--'?: unknown[] })['--'] ?? []).map(String);
}

/**
 * Does something with each name and prints it. An error is printed and does not stop the others; at the end there is an
 * exit status of 1, as docker has it.
 */
export async function forEachName(
  names: readonly string[],
  action: (name: string) => Promise<string | undefined>,
): Promise<void> {
  for (const name of names) {
    try {
      const text = await action(name);
      if (text !== undefined) console.log(text);
    } catch (error) {
      console.error((error as Error).message);
      process.exitCode = 1;
    }
  }
}

/** `--filter key=value` as the API's map. */
export function filterQuery(filters: readonly string[]): string | undefined {
  const map: Record<string, Record<string, boolean>> = {};
  for (const filter of filters) {
    const at = filter.indexOf('=');
    if (at < 0) throw new Error(`invalid argument "${filter}" for "-f, --filter" flag: invalid filter '${filter}'`);
    const key = filter.slice(0, at).toLowerCase().trim();
    map[key] = { ...map[key], [filter.slice(at + 1).trim()]: true };
  }
  return filters.length === 0 ? undefined : JSON.stringify(map);
}
