/** The flags of `run` and `create`. */
import type { Argv } from 'yargs';

/** Flags without a value. */
export const containerSwitches = [
  'detach',
  'd',
  'interactive',
  'i',
  'tty',
  't',
  'rm',
  'privileged',
  'read-only',
  'init',
  'oom-kill-disable',
  'quiet',
  'q',
  'no-healthcheck',
  'publish-all',
  'P',
  'sig-proxy',
  'help',
  'h',
];

const list = { type: 'string', array: true, nargs: 1, default: [] as string[] } as const;
const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

/** Adds the flags to a command. */
export function containerOptions(argv: Argv) {
  return argv.options({
    'add-host': { ...list, describe: 'host:ip for /etc/hosts' },
    attach: { ...list, alias: 'a', describe: 'attach to STDIN, STDOUT or STDERR' },
    'cap-add': { ...list, describe: 'add Linux capabilities' },
    'cap-drop': { ...list, describe: 'drop Linux capabilities' },
    'cgroup-parent': text,
    cgroupns: text,
    cidfile: { ...text, describe: 'write the container ID to the file' },
    'cpu-period': { type: 'number' },
    'cpu-quota': { type: 'number' },
    'cpu-shares': { type: 'number', alias: 'c' },
    cpus: { type: 'number', describe: 'number of CPUs' },
    'cpuset-cpus': text,
    'cpuset-mems': text,
    'detach-keys': text,
    device: { ...list, describe: 'host device' },
    dns: list,
    domainname: text,
    entrypoint: { ...text, describe: "overwrite the image's ENTRYPOINT" },
    env: { ...list, alias: 'e', describe: 'set environment variables' },
    'env-file': { ...list, describe: 'read in a file of environment variables' },
    'group-add': list,
    hostname: { ...text, alias: 'h', describe: 'container host name' },
    init: { ...flag, describe: 'run an init inside the container' },
    interactive: { ...flag, alias: 'i', describe: 'keep STDIN open' },
    ipc: text,
    label: { ...list, alias: 'l', describe: 'set meta data' },
    memory: { ...text, alias: 'm', describe: 'memory limit' },
    'memory-reservation': text,
    'memory-swap': text,
    mount: { ...list, describe: 'attach a filesystem mount' },
    name: { ...text, describe: 'assign a name' },
    network: { ...text, alias: 'net', describe: 'connect to a network: none, host' },
    'oom-score-adj': { type: 'number' },
    pid: text,
    'pids-limit': { type: 'number' },
    platform: text,
    privileged: flag,
    publish: { ...list, alias: 'p', describe: 'publish ports' },
    pull: { ...text, default: 'missing', choices: ['always', 'missing', 'never'] },
    quiet: { ...flag, alias: 'q', describe: 'suppress the pull output' },
    'read-only': { ...flag, describe: "mount the container's root read-only" },
    restart: { ...text, default: 'no', describe: 'restart policy' },
    rm: { ...flag, describe: 'remove the container when it exits' },
    runtime: text,
    'security-opt': list,
    'shm-size': text,
    'stop-signal': text,
    'stop-timeout': { type: 'number' },
    sysctl: list,
    tmpfs: { ...list, describe: 'mount a tmpfs directory' },
    tty: { ...flag, alias: 't', describe: 'allocate a pseudo-TTY' },
    ulimit: list,
    user: { ...text, alias: 'u' },
    userns: text,
    uts: text,
    volume: { ...list, alias: 'v', describe: 'bind mount a volume' },
    'volumes-from': list,
    workdir: { ...text, alias: 'w', describe: 'working directory' },
  } as const);
}

type Given<T> = T extends Argv<infer U> ? U : never;

/** The flags, as they were given. */
export type ContainerOptions = Given<ReturnType<typeof containerOptions>>;
