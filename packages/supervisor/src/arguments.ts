/** The supervisor's command line: containerd's flags, and ours for shims. */
import { resolve } from 'node:path';
import { isLevel } from '@drydock/telemetry/logger';
import yargs, { type Argv } from 'yargs';
import { emptyConfig, readConfig, type SupervisorConfig } from './config.ts';
import { Deadlines } from './tasks/deadlines.ts';
import { versionLine } from './version.ts';

export interface SupervisorArguments {
  readonly address: string;
  readonly root: string;
  readonly state: string;
  readonly logLevel: string;
  readonly spareShims: number;
  readonly deadlines: Deadlines;
  /** Executables of shims by runtime name. */
  readonly shims: ReadonlyMap<string, string>;
  readonly snapshotters: SupervisorConfig['snapshotters'];
  readonly required: SupervisorConfig['required'];
}

const defaults = {
  address: '/run/drydock/supervisor.sock',
  root: '/var/lib/drydock/supervisor',
  state: '/run/drydock/supervisor',
  logLevel: 'info',
};

/** Reads the arguments behind the program's name; a flag goes before the configuration file. Throws if one is wrong. */
export function parseArguments(argv: readonly string[]): SupervisorArguments {
  const parser = strictly(yargs([...argv]))
    .usage(
      '$0 [flags]\n$0 --offline inspect|fsck|repair [flags]\n$0 publish --topic TOPIC --namespace NS\n\nSupervises containers: serves the containerd API on a unix socket.',
    )
    .option('config', { alias: 'c', type: 'string', describe: 'configuration file in TOML, as containerd has it' })
    .option('address', { alias: 'a', type: 'string', describe: `socket to serve on [${defaults.address}]` })
    .option('root', { type: 'string', describe: `directory of data [${defaults.root}]` })
    .option('state', { type: 'string', describe: `directory of what a reboot ends [${defaults.state}]` })
    .option('log-level', { alias: 'l', type: 'string', describe: 'trace, debug, info, warn, error, fatal [info]' })
    .option('shim', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'NAME=PATH: executable of the shim of runtime NAME; may be repeated',
    })
    .option('spare-shims', { type: 'number', default: 1, describe: 'shims to start before they are needed' })
    .version(versionLine)
    .alias('version', 'v')
    .exitProcess(true);
  const flags = parser.parseSync();
  const { logLevel: configured, ...places } = readPlaces(flags);
  const logLevel = flags.logLevel ?? configured ?? defaults.logLevel;
  if (!isLevel(logLevel)) throw new Error(`log level ${JSON.stringify(logLevel)} is not known`);
  if (!Number.isInteger(flags.spareShims) || flags.spareShims < 0)
    throw new Error('--spare-shims takes a number of shims, 0 for none');
  return {
    ...places,
    logLevel,
    spareShims: flags.spareShims,
    shims: new Map((flags.shim ?? []).map(parseShim)),
  };
}

/** What all forms of the command line have: help, and errors that are thrown, those for unknown flags among them. */
export function strictly(parser: Argv): Argv {
  return parser
    .scriptName('drydock-supervisor')
    .help()
    .alias('help', 'h')
    .strict()
    .fail((message, error) => {
      throw error ?? new Error(message);
    });
}

/** Where things are and how they are, by flags, by the configuration file that they name, and by default. */
export function readPlaces(flags: {
  readonly config?: string | undefined;
  readonly address?: string | undefined;
  readonly root?: string | undefined;
  readonly state?: string | undefined;
}) {
  const config = flags.config === undefined ? emptyConfig : readConfig(flags.config);
  return {
    logLevel: config.logLevel,
    address: resolve(flags.address ?? config.address ?? defaults.address),
    root: resolve(flags.root ?? config.root ?? defaults.root),
    state: resolve(flags.state ?? config.state ?? defaults.state),
    deadlines: new Deadlines(config.timeouts),
    snapshotters: config.snapshotters,
    required: config.required,
  };
}

function parseShim(text: string): [name: string, path: string] {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) throw new Error(`--shim takes NAME=PATH, not ${JSON.stringify(text)}`);
  return [text.slice(0, equals), resolve(text.slice(equals + 1))];
}
