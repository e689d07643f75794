/** The command line of `drydock-supervisor --offline`. */
import yargs from 'yargs';
import { readPlaces, strictly } from '../arguments.ts';
import type { OfflineCommand } from './offline.ts';

const verbs = ['inspect', 'fsck', 'repair'] as const;

/** Reads the arguments behind the program's name, `--offline` among them. Throws if one is wrong. */
export function parseOfflineArguments(argv: readonly string[]): OfflineCommand {
  const flags = strictly(yargs([...argv]))
    .usage('$0 --offline VERB [flags]\n\nLooks into the data of a supervisor that does not run, and repairs it.')
    .command('$0 <verb>', false, (command) => command.positional('verb', { choices: verbs, demandOption: true }))
    .option('offline', { type: 'boolean', describe: 'needs no supervisor, and refuses while one runs' })
    .option('config', { alias: 'c', type: 'string', describe: "the supervisor's configuration file" })
    .option('address', { alias: 'a', type: 'string', describe: "the supervisor's socket" })
    .option('root', { type: 'string', describe: "the supervisor's directory of data" })
    .option('state', { type: 'string', describe: "the supervisor's directory of what a reboot ends" })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON document' })
    .option('verify', {
      type: 'boolean',
      default: false,
      describe: 'fsck, repair: read every blob and check its digest',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'repair: only say what would be done' })
    .version(false)
    .parseSync();
  const { verb, json, verify, dryRun } = flags as unknown as OfflineCommand;
  const { logLevel: _, ...places } = readPlaces(flags);
  return { ...places, verb, json, verify, dryRun };
}
