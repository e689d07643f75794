/** What a verb of the command line is: one file each in commands/. */
import type { Flag, Flags } from './flags.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Log } from './log.ts';

/** Where a command reads and writes. */
export interface Context {
  readonly global: GlobalOptions;
  readonly flags: Flags;
  readonly args: readonly string[];
  readonly log: Log;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
}

export interface Command {
  readonly name: string;
  /** One line of what it does. */
  readonly summary: string;
  /** Its arguments, as the help shows them. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  /** How many arguments it takes: the least, and the most if there is one. */
  readonly arguments: readonly [least: number, most?: number];
  /** Whether flags may follow the first argument; not where that begins another command line. */
  readonly flagsAnywhere: boolean;
  /** What stands before an error's message, such as `runc create failed`. */
  readonly failure?: string;
  /** The exit code of an error, if it is not 1. */
  readonly failureCode?: number;
  /** Does it; answers the exit code, 0 if undefined. */
  run(context: Context): number | undefined | Promise<number | undefined>;
}
