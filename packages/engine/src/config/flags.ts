/** The command line: dockerd's flags, those of them that mean something here. */
import yargs from 'yargs';
import { engineVersion } from '../version.ts';

/** What a person may say on the command line or, under the key of the same name, in daemon.json. */
export interface Flags {
  readonly host?: readonly string[];
  readonly 'data-root'?: string;
  readonly 'exec-root'?: string;
  readonly pidfile?: string;
  readonly 'config-file'?: string;
  readonly containerd?: string;
  readonly 'supervisor-root'?: string;
  readonly 'containerd-namespace'?: string;
  readonly bridge?: string;
  readonly iptables?: boolean;
  readonly debug?: boolean;
  readonly 'log-level'?: string;
  readonly 'add-runtime'?: readonly string[];
  readonly 'default-runtime'?: string;
  readonly 'insecure-registry'?: readonly string[];
  readonly 'registry-mirror'?: readonly string[];
  readonly 'live-restore'?: boolean;
  readonly label?: readonly string[];
  readonly init?: boolean;
  readonly 'init-path'?: string;
  readonly 'default-ulimit'?: readonly string[];
  readonly 'default-shm-size'?: string;
  readonly 'storage-driver'?: string;
  readonly 'shutdown-timeout'?: number;
  readonly 'log-driver'?: string;
  readonly 'log-opt'?: readonly string[];
}

const text = { type: 'string', requiresArg: true } as const;
const list = { type: 'string', array: true, nargs: 1 } as const;
const switch_ = { type: 'boolean' } as const;

/** Reads the command line. Throws for a flag that is unknown or lacks its value; prints help and version by itself. */
export function parseFlags(argv: readonly string[]): Flags {
  return yargs([...argv])
    .scriptName('drydockd')
    .usage('drydockd [OPTIONS]\n\nAn engine for containers, in place of dockerd.')
    .options({
      host: {
        ...list,
        alias: 'H',
        describe: 'Socket to serve the API on: unix://PATH or tcp://HOST:PORT (repeatable)',
      },
      'data-root': { ...text, describe: 'Directory of what lasts (default /var/lib/drydock/engine)' },
      'exec-root': { ...text, describe: 'Directory of what goes with a reboot (default /run/drydock)' },
      pidfile: { ...text, alias: 'p', describe: 'File for the process id (default <exec-root>/engine.pid)' },
      'config-file': { ...text, describe: 'Configuration file (default /etc/drydock/daemon.json)' },
      containerd: { ...text, describe: "containerd's socket; without it a supervisor is started" },
      'supervisor-root': { ...text, describe: "The supervisor's data (default <data-root>/../supervisor)" },
      'containerd-namespace': { ...text, describe: 'Namespace in containerd (default moby)' },
      bridge: { ...text, alias: 'b', describe: 'Only "none" so far: there is no bridge network yet' },
      iptables: { ...switch_, describe: 'Accepted for compatibility: this engine changes no firewall yet' },
      debug: { ...switch_, alias: 'D', describe: 'Log at level debug' },
      'log-level': { ...text, alias: 'l', describe: 'trace, debug, info, warn, error or fatal (default info)' },
      'add-runtime': { ...list, describe: 'An OCI runtime: NAME=PATH (repeatable)' },
      'default-runtime': { ...text, describe: 'Runtime of containers that name none (default runc)' },
      'insecure-registry': { ...list, describe: 'A registry that may speak HTTP: HOST[:PORT] or CIDR (repeatable)' },
      'registry-mirror': { ...list, describe: 'URL asked before Docker Hub (repeatable)' },
      'live-restore': { ...switch_, describe: 'Leave containers running when the engine is stopped' },
      label: { ...list, describe: 'KEY=VALUE shown in docker info (repeatable)' },
      init: { ...switch_, describe: 'Give every container an init process' },
      'init-path': { ...text, describe: 'The init program (default: docker-init or tini on the PATH)' },
      'default-ulimit': { ...list, describe: 'NAME=SOFT[:HARD] for every container (repeatable)' },
      'default-shm-size': { ...text, describe: 'Size of /dev/shm (default 64MiB)' },
      'storage-driver': { ...text, alias: 's', describe: "containerd's snapshotter (default overlayfs)" },
      'shutdown-timeout': {
        type: 'number',
        requiresArg: true,
        describe: 'Seconds for containers to stop with the engine (default 15)',
      },
      'log-driver': { ...text, describe: 'json-file (default) or none' },
      'log-opt': { ...list, describe: 'KEY=VALUE for the log driver (repeatable)' },
    })
    .version(`drydockd version ${engineVersion}`)
    .alias('version', 'v')
    .help()
    .strict()
    .parserConfiguration({ 'camel-case-expansion': false, 'greedy-arrays': false, 'strip-aliased': true })
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parseSync() as unknown as Flags;
}
