/** One invocation: the global flags, the verb, its flags, and what its errors look like. */
import { writeAll } from '@drydock/linux/disk';
import { allCommands, findCommand } from '../commands/index.ts';
import { explain, Failure } from '../failure.ts';
import type { Command } from './command.ts';
import { parseFlags, UsageError } from './flags.ts';
import { checkRootless, globalFlags, globalOptions } from './global-options.ts';
import { commandHelp, programHelp, versionText } from './help.ts';
import { Log } from './log.ts';

const unknownCommand = 3;

/** Runs a command line; answers the exit code. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  let log = new Log({ file: undefined, format: 'text', debug: false, traceparent: undefined });
  let command: Command | undefined;
  try {
    const { flags, rest } = await parseGlobal(words);
    if (flags.bool('version')) return print(versionText());
    const [name, ...ownWords] = rest;
    if (flags.bool('help') || name === undefined) return print(programHelp(await allCommands()));
    if (name === 'help' || name === 'h') return await helpFor(ownWords[0]);
    const global = globalOptions(flags);
    log = new Log({ file: global.log, format: global.logFormat, debug: global.debug, traceparent: traceparent() });
    command = await findCommand(name);
    if (command === undefined) throw new Failure(`No help topic for '${name}'`, { exitCode: unknownCommand });
    const own = parseOwn(command, ownWords);
    if (own === undefined || own.flags.bool('help')) return print(commandHelp(command));
    checkRootless(flags);
    log.debug([command.name, ...own.rest].join(' '));
    return (await command.run({ global, flags: own.flags, args: own.rest, log, print })) ?? 0;
  } catch (error) {
    const prefix = command?.failure && !(error instanceof UsageError) ? `${command.failure}: ` : '';
    log.final(`${prefix}${explain(error)}`);
    if (error instanceof Failure && error.exitCode !== 1) return error.exitCode;
    return error instanceof UsageError ? 1 : (command?.failureCode ?? 1);
  }
}

async function parseGlobal(words: readonly string[]) {
  try {
    return parseFlags(words, globalFlags);
  } catch (error) {
    if (error instanceof UsageError) print(`Incorrect Usage. ${error.message}\n\n${programHelp(await allCommands())}`);
    throw error;
  }
}

const helpFlag = { names: ['help', 'h'], kind: 'bool', help: 'show help' } as const;

function parseOwn(command: Command, words: readonly string[]) {
  try {
    const parsed = parseFlags(words, [...command.flags, helpFlag], { anywhere: command.flagsAnywhere });
    if (!parsed.flags.bool('help')) checkArguments(command, parsed.rest);
    return parsed;
  } catch (error) {
    if (error instanceof UsageError) {
      const what = error.message.startsWith('runc:') ? 'Incorrect Usage.' : `Incorrect Usage: ${error.message}`;
      print(`${what}\n\n${commandHelp(command)}`);
    }
    throw error;
  }
}

/** The words are runc's, whose name callers expect in them. */
function checkArguments({ name, arguments: [least, most] }: Command, args: readonly string[]): void {
  const start = `runc: "${name}" requires`;
  if (least === most && args.length !== least) throw new UsageError(`${start} exactly ${least} argument(s)`);
  if (args.length < least) throw new UsageError(`${start} a minimum of ${least} argument(s)`);
  if (most !== undefined && args.length > most) throw new UsageError(`${start} a maximum of ${most} argument(s)`);
}

async function helpFor(name: string | undefined): Promise<number> {
  if (name === undefined) return print(programHelp(await allCommands()));
  const command = await findCommand(name);
  if (command === undefined) throw new Failure(`No help topic for '${name}'`, { exitCode: unknownCommand });
  return print(commandHelp(command));
}

function traceparent(): string | undefined {
  return process.env.TRACEPARENT || undefined;
}

function print(text: string): number {
  writeAll(1, Buffer.from(text), 'standard output');
  return 0;
}
