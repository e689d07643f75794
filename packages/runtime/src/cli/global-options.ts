/** The flags in front of the verb, which all verbs share. */
import { syscall } from '@drydock/linux/syscall';
import { Failure } from '../failure.ts';
import type { Flag, Flags } from './flags.ts';

export const globalFlags: readonly Flag[] = [
  { names: ['debug'], kind: 'bool', help: 'enable debug logging' },
  { names: ['log'], kind: 'string', help: 'set the log file to write logs to', default: '/dev/stderr' },
  {
    names: ['log-format'],
    kind: 'string',
    help: "set the log format ('text' (default), or 'json')",
    default: 'text',
    choices: ['text', 'json'],
  },
  {
    names: ['root'],
    kind: 'string',
    help: 'root directory for storage of container state (this should be located in tmpfs)',
    default: defaultRoot(),
  },
  { names: ['criu'], kind: 'string', help: 'path to the criu binary used for checkpoint and restore', default: 'criu' },
  {
    names: ['systemd-cgroup'],
    kind: 'bool',
    help: 'enable systemd cgroup support, expects cgroupsPath to be of form "slice:prefix:name" for e.g. "system.slice:drydock:434234"',
  },
  {
    names: ['rootless'],
    kind: 'string',
    help: "ignore cgroup permission errors ('true', 'false', or 'auto')",
    default: 'auto',
    choices: ['true', 'false', 'auto'],
  },
  { names: ['help', 'h'], kind: 'bool', help: 'show help' },
  { names: ['version', 'v'], kind: 'bool', help: 'print the version' },
];

export interface GlobalOptions {
  /** The directory that holds a directory for each container. */
  readonly root: string;
  readonly log: string | undefined;
  readonly logFormat: 'text' | 'json';
  readonly debug: boolean;
  /** The criu to checkpoint with: a path, or a name to look for in PATH. */
  readonly criu: string;
  readonly systemdCgroup: boolean;
  /** `auto`, or what Go takes for a boolean. */
  readonly rootless: string;
}

/** Without root there is a directory of the user's own for what lives until the next boot (XDG Base Directory). */
function defaultRoot(): string {
  const own = process.env.XDG_RUNTIME_DIR;
  return own && syscall('geteuid', []) !== 0 ? `${own}/drydock/runtime` : '/run/drydock/runtime';
}

/** Checks the global flags. */
export function globalOptions(flags: Flags): GlobalOptions {
  const format = flags.text('log-format') || 'text';
  if (format !== 'text' && format !== 'json') throw new Failure(`invalid log-format: ${format}`);
  return {
    root: (flags.text('root') || defaultRoot()).replace(/(?<=.)\/+$/, ''),
    log: flags.text('log') || undefined,
    logFormat: format,
    debug: flags.bool('debug'),
    criu: flags.text('criu') || 'criu',
    systemdCgroup: flags.bool('systemd-cgroup'),
    rootless: flags.text('rootless') || 'auto',
  };
}

/** Refuses a value of --rootless that is neither `auto` nor what Go takes for a boolean. */
export function checkRootless(flags: Flags): void {
  const rootless = flags.text('rootless') || 'auto';
  if (rootless !== 'auto' && !/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(rootless))
    throw new Failure(`strconv.ParseBool: parsing ${JSON.stringify(rootless)}: invalid syntax`);
}
