/** The texts of --help and --version, in runc's layout: callers read the lines of the version. */
import { specVersion, version } from '../version.ts';
import type { Command } from './command.ts';
import type { Flag } from './flags.ts';
import { globalFlags } from './global-options.ts';

const program = 'drydock-runtime';

/** dockerd and podman look for `version X` and `spec: X`. */
export function versionText(): string {
  const engine = process.versions.bun ? `bun: ${process.versions.bun}` : `node: ${process.versions.node}`;
  return `${program} version ${version}\nspec: ${specVersion}\n${engine}\n`;
}

export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const verbs = commands.map(({ name, summary }) => `   ${name.padEnd(width)}  ${summary}\n`).join('');
  return `NAME:
   ${program} - Open Container Initiative runtime

USAGE:
   ${program} [global options] command [command options] [arguments...]

VERSION:
   ${version}
spec: ${specVersion}

COMMANDS:
${verbs}
GLOBAL OPTIONS:
${flagLines(globalFlags)}`;
}

export function commandHelp({ name, summary, usage, flags }: Command): string {
  const options = flags.length > 0 ? '[command options] ' : '';
  return `NAME:
   ${program} ${name} - ${summary}

USAGE:
   ${program} ${name} ${options}${usage}
${flags.length > 0 ? `\nOPTIONS:\n${flagLines(flags)}` : ''}`;
}

function flagLines(all: readonly Flag[]): string {
  const flags = all.filter(({ hidden }) => !hidden);
  const left = flags.map((flag) => flag.names.map((name) => spelled(name, flag)).join(', '));
  const width = Math.max(...left.map(({ length }) => length));
  return flags
    .map(({ help, default: value }, index) => {
      const byDefault = value === undefined ? '' : ` (default: ${JSON.stringify(value)})`;
      return `   ${left[index]!.padEnd(width)}  ${help}${byDefault}\n`;
    })
    .join('');
}

function spelled(name: string, { kind, choices = [] }: Flag): string {
  const value = kind === 'bool' ? '' : kind === 'optional' ? `[=${choices.join('|')}]` : ' value';
  return `${name.length === 1 ? '-' : '--'}${name}${value}`;
}
