/** Flags and daemon.json together: the engine's settings. What stands in both is a conflict, as with dockerd. */
import { accessSync, constants } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isLevel } from '@drydock/telemetry/logger';
import type { EngineConfig, Ulimit } from './config.ts';
import { type DaemonJson, readDaemonJson } from './daemon-json.ts';
import type { Flags } from './flags.ts';

const defaultConfigFile = '/etc/drydock/daemon.json';
const defaultShmSize = 64 * 1024 * 1024;

/** Merges and checks. `path` is the PATH to look for the init program on. */
export function resolveConfig(flags: Flags, path: string): EngineConfig {
  const file = readDaemonJson(flags['config-file'] ?? defaultConfigFile, {
    required: flags['config-file'] !== undefined,
  });
  refuseConflicts(flags, file);
  const dataRoot = resolve(flags['data-root'] ?? file['data-root'] ?? '/var/lib/drydock/engine');
  const execRoot = resolve(flags['exec-root'] ?? file['exec-root'] ?? '/run/drydock');
  const debug = flags.debug ?? file.debug ?? false;
  const level = flags['log-level'] ?? file['log-level'] ?? (debug ? 'debug' : 'info');
  if (!isLevel(level)) throw new Error(`invalid logging level: ${level}`);
  const bridge = flags.bridge ?? file.bridge ?? 'none';
  if (bridge !== 'none')
    throw new Error(`invalid --bridge ${JSON.stringify(bridge)}: this engine has no bridge network yet, only "none"`);
  const runtimes = runtimesOf(flags, file);
  const defaultRuntime = flags['default-runtime'] ?? file['default-runtime'] ?? 'runc';
  if (!runtimes.has(defaultRuntime)) throw new Error(`specified default runtime '${defaultRuntime}' does not exist`);
  const driver = flags['log-driver'] ?? file['log-driver'] ?? 'json-file';
  if (!['json-file', 'none'].includes(driver)) throw new Error(`logger: no log driver named '${driver}' is registered`);
  return {
    hosts: (flags.host ?? file.hosts ?? [`unix://${join(execRoot, 'engine.sock')}`]).map(completeHost),
    dataRoot,
    execRoot,
    pidfile: flags.pidfile ?? file.pidfile ?? join(execRoot, 'engine.pid'),
    containerd: flags.containerd ?? file.containerd,
    supervisorRoot: flags['supervisor-root'] ?? join(dirname(dataRoot), 'supervisor'),
    namespace: flags['containerd-namespace'] ?? file['containerd-namespace'] ?? 'moby',
    snapshotter: snapshotterOf(flags['storage-driver'] ?? file['storage-driver'] ?? ''),
    runtimes,
    defaultRuntime,
    registries: {
      insecure: [...(flags['insecure-registry'] ?? file['insecure-registries'] ?? [])],
      mirrors: [...(flags['registry-mirror'] ?? file['registry-mirrors'] ?? [])],
    },
    labels: [...(flags.label ?? file.labels ?? [])],
    defaultUlimits: ulimitsOf(flags, file),
    init: flags.init ?? file.init ?? false,
    initPath: flags['init-path'] ?? file['init-path'] ?? findProgram(['docker-init', 'tini'], path),
    liveRestore: flags['live-restore'] ?? file['live-restore'] ?? false,
    shutdownTimeout: flags['shutdown-timeout'] ?? file['shutdown-timeout'] ?? 15,
    debug,
    logLevel: level,
    defaultShmSize: parseSize(String(flags['default-shm-size'] ?? file['default-shm-size'] ?? defaultShmSize)),
    logDriver: driver,
    logOptions: {
      ...file['log-opts'],
      ...Object.fromEntries((flags['log-opt'] ?? []).map((pair) => splitPair(pair, '--log-opt'))),
    },
  };
}

/** daemon.json's keys whose flag has another name. */
const flagNames: Readonly<Record<string, keyof Flags>> = {
  hosts: 'host',
  runtimes: 'add-runtime',
  'insecure-registries': 'insecure-registry',
  'registry-mirrors': 'registry-mirror',
  labels: 'label',
  'default-ulimits': 'default-ulimit',
  'log-opts': 'log-opt',
};

function refuseConflicts(flags: Flags, file: DaemonJson): void {
  const both = Object.keys(file).filter(
    (key) =>
      flags[flagNames[key] ?? (key as keyof Flags)] !== undefined &&
      !['runtimes', 'log-opts', 'default-ulimits'].includes(key),
  );
  if (both.length > 0)
    throw new Error(
      `the following directives are specified both as a flag and in the configuration file: ${both.map((key) => `${key}: (from flag: ${JSON.stringify(flags[flagNames[key] ?? (key as keyof Flags)])}, from file: ${JSON.stringify(file[key as keyof DaemonJson])})`).join(', ')}`,
    );
}

function completeHost(host: string): string {
  if (/^(unix|tcp):\/\//.test(host)) return host;
  if (host.startsWith('/')) return `unix://${host}`;
  if (/^[\w.[\]:-]*:\d+$/.test(host)) return `tcp://${host.startsWith(':') ? `127.0.0.1${host}` : host}`;
  throw new Error(`unable to parse host ${JSON.stringify(host)}: it must be unix://PATH or tcp://HOST:PORT`);
}

/** runc stands for the shim's own choice; shim names can be given as they are. */
function runtimesOf(flags: Flags, file: DaemonJson): Map<string, string> {
  const runtimes = new Map([
    ['runc', ''],
    ['io.containerd.runc.v2', ''],
    ['io.containerd.drydock.v2', ''],
  ]);
  for (const [name, { path }] of Object.entries(file.runtimes ?? {})) runtimes.set(name, path);
  for (const pair of flags['add-runtime'] ?? []) runtimes.set(...splitPair(pair, '--add-runtime'));
  return runtimes;
}

function splitPair(pair: string, flag: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) throw new Error(`invalid ${flag} ${JSON.stringify(pair)}: it must be NAME=VALUE`);
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

/** Docker's name of the driver is taken for containerd's of the same kind. */
function snapshotterOf(name: string): string {
  return name === '' || name === 'overlay2' ? 'overlayfs' : name;
}

function ulimitsOf(flags: Flags, file: DaemonJson): Ulimit[] {
  const fromFile = Object.entries(file['default-ulimits'] ?? {}).map(([name, { Soft, Hard }]) => ({
    Name: name,
    Soft,
    Hard,
  }));
  const fromFlags = (flags['default-ulimit'] ?? []).map((text) => {
    const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
    if (match === null)
      throw new Error(`invalid --default-ulimit ${JSON.stringify(text)}: it must be NAME=SOFT[:HARD]`);
    return { Name: match[1]!, Soft: Number(match[2]), Hard: Number(match[3] ?? match[2]) };
  });
  return [...fromFile, ...fromFlags];
}

/** `64m` in bytes. */
function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text);
  if (match === null) throw new Error(`invalid size: '${text}'`);
  const unit = match[2]!.toLowerCase();
  return Math.floor(Number(match[1]) * 1024 ** (unit === '' ? 0 : 'kmgt'.indexOf(unit) + 1));
}

function findProgram(names: readonly string[], path: string): string {
  for (const name of names) {
    for (const directory of [...path.split(':'), '/usr/bin', '/usr/local/bin', '/sbin', '/usr/sbin']) {
      try {
        accessSync(join(directory, name), constants.X_OK);
        return join(directory, name);
      } catch {
        // Not here: the next directory may have it.
      }
    }
  }
  return '/usr/bin/docker-init';
}
