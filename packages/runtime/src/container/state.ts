/**
 * What is kept of a container between invocations: `<root>/<id>/state.json`. The fields are those of runc's file of that
 * name, so that its tools read ours. The file is replaced whole: written beside, synced to the disk (which is nothing
 * to do on a tmpfs, where it usually is), then renamed.
 */
import type { SystemdPlace } from '@drydock/linux/cgroups/systemd/unit-names';
import { makeDirectories, Open, readTextIfPresent, rename, writeFile } from '@drydock/linux/disk';
import { list, map, parseShaped, struct } from '@drydock/oci/runtime-shape';
import type { Hook, Hooks, IdMapping } from '@drydock/oci/runtime-spec';
import type { Machine } from '../compile/scheduling.ts';

export interface ContainerState {
  readonly id: string;
  /** 0 until the first process is there. */
  readonly pid: number;
  /** Clock ticks since boot: a process that has the pid but not the time is another one. */
  readonly startTime: number;
  /** RFC 3339. */
  readonly created: string;
  readonly ociVersion: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cgroupPaths: Readonly<Record<string, string>>;
  /** The namespaces of the configuration: by type, the path of an existing one or ''. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly hooks: Hooks;
  readonly uidMappings: readonly IdMapping[];
  readonly gidMappings: readonly IdMapping[];
  readonly machine: Machine;
  /** The unit, if systemd has made the cgroup. */
  readonly systemd?: SystemdPlace | undefined;
  /** Directories of cache control that are removed with the container. */
  readonly cacheGroups?: readonly string[];
  /** Who hears of the calls that the seccomp filter reports. */
  readonly seccompListener?: { readonly listenerPath: string; readonly listenerMetadata: string } | undefined;
  readonly capabilities?: unknown;
}

const command = struct('Command', {
  path: 'string',
  args: list('string'),
  env: list('string'),
  dir: 'string',
  // Nanoseconds.
  timeout: 'int64',
});

const hooks = list(command);

const mappings = list(struct('IDMap', { container_id: 'int64', host_id: 'int64', size: 'int64' }));

const file = struct('State', {
  id: 'string',
  init_process_pid: 'int',
  init_process_start: 'uint64',
  created: 'string',
  cgroup_paths: map('string'),
  config: struct('Config', {
    rootfs: 'string',
    version: 'string',
    labels: list('string'),
    namespaces: list(struct('Namespace', { type: 'string', path: 'string' })),
    cgroups: struct('Cgroup', {
      name: 'string',
      parent: 'string',
      scope_prefix: 'string',
      Systemd: 'bool',
      Rootless: 'bool',
    }),
    uid_mappings: mappings,
    gid_mappings: mappings,
    personality: struct('LinuxPersonality', { domain: 'int' }),
    drydock_cache_groups: list('string'),
    drydock_seccomp_listener: struct('Seccomp', { listenerPath: 'string', listenerMetadata: 'string' }),
    drydock_memory_policy: struct('LinuxMemoryPolicy', { mode: 'string', nodes: 'string', flags: list('string') }),
    Hooks: struct('Hooks', {
      prestart: hooks,
      createRuntime: hooks,
      createContainer: hooks,
      startContainer: hooks,
      poststart: hooks,
      poststop: hooks,
    }),
  }),
});

/** runc's names of namespaces. */
const namespaceNames: Readonly<Record<string, readonly [kind: string, file: string]>> = {
  cgroup: ['NEWCGROUP', 'cgroup'],
  ipc: ['NEWIPC', 'ipc'],
  network: ['NEWNET', 'net'],
  mount: ['NEWNS', 'mnt'],
  pid: ['NEWPID', 'pid'],
  uts: ['NEWUTS', 'uts'],
  user: ['NEWUSER', 'user'],
  time: ['NEWTIME', 'time'],
};

/** PER_LINUX32 (personality(2)): runc keeps the number. */
const linux32 = 8;
const bundleLabel = 'bundle=';

/** Reads the state in a container's directory; undefined if there is none. */
export function readState(directory: string): ContainerState | undefined {
  const text = readTextIfPresent(`${directory}/state.json`);
  if (text === undefined) return undefined;
  const { config = {}, ...kept } = parseShaped(text, file);
  const labels = config.labels ?? [];
  const annotations = labels.filter((label) => !label.startsWith(bundleLabel)).map((label) => splitLabel(label));
  return {
    id: kept.id ?? '',
    pid: kept.init_process_pid ?? 0,
    startTime: kept.init_process_start ?? 0,
    created: kept.created ?? '',
    ociVersion: config.version ?? '',
    bundle: labels.find((label) => label.startsWith(bundleLabel))?.slice(bundleLabel.length) ?? '',
    rootfs: config.rootfs ?? '',
    annotations: Object.fromEntries(annotations),
    cgroupPaths: kept.cgroup_paths ?? {},
    namespaces: Object.fromEntries(
      (config.namespaces ?? []).map(({ type, path }) => [
        Object.entries(namespaceNames).find(([, [kind]]) => kind === type)?.[0] ?? '',
        path ?? '',
      ]),
    ),
    uidMappings: (config.uid_mappings ?? []).map(ociMapping),
    gidMappings: (config.gid_mappings ?? []).map(ociMapping),
    ...(config.cgroups?.Systemd ? { systemd: placeOf(config.cgroups) } : {}),
    ...(config.drydock_cache_groups?.length ? { cacheGroups: config.drydock_cache_groups } : {}),
    ...(config.drydock_seccomp_listener?.listenerPath
      ? {
          seccompListener: {
            listenerPath: config.drydock_seccomp_listener.listenerPath,
            listenerMetadata: config.drydock_seccomp_listener.listenerMetadata ?? '',
          },
        }
      : {}),
    machine: {
      ...(config.personality
        ? { personality: { domain: config.personality.domain === linux32 ? 'LINUX32' : 'LINUX' } }
        : {}),
      ...(config.drydock_memory_policy ? { memoryPolicy: config.drydock_memory_policy } : {}),
    },
    hooks: Object.fromEntries(
      Object.entries(config.Hooks ?? {}).map(([kind, each]) => [
        kind,
        each.map(({ timeout, ...hook }) => ({ ...hook, ...(timeout ? { timeout: timeout / 1e9 } : {}) })),
      ]),
    ),
  };
}

/** Writes the state into a container's directory, which exists. */
export function writeState(directory: string, state: ContainerState): void {
  const namespacePaths = Object.values(namespaceNames).map(([kind, name]) => [kind, `/proc/${state.pid}/ns/${name}`]);
  const text = JSON.stringify({
    id: state.id,
    init_process_pid: state.pid,
    init_process_start: state.startTime,
    created: state.created,
    config: {
      no_pivot_root: false,
      rootfs: state.rootfs,
      namespaces: Object.entries(state.namespaces).map(([type, path]) => ({ type: namespaceNames[type]?.[0], path })),
      uid_mappings: state.uidMappings.map(runcMapping),
      gid_mappings: state.gidMappings.map(runcMapping),
      ...(state.machine.personality
        ? { personality: { domain: state.machine.personality.domain === 'LINUX32' ? linux32 : 0 } }
        : {}),
      // Not runc's shape, which has numbers.
      drydock_cache_groups: state.cacheGroups,
      drydock_seccomp_listener: state.seccompListener,
      drydock_memory_policy: state.machine.memoryPolicy,
      // runc wants at least one field of its resources.
      cgroups: { path: '', memory: 0, ...runcCgroup(state) },
      version: state.ociVersion,
      labels: [
        ...Object.entries(state.annotations).map(([name, value]) => `${name}=${value}`),
        bundleLabel + state.bundle,
      ],
      Hooks: Object.fromEntries(Object.entries(state.hooks).map(([kind, each]) => [kind, each?.map(runcHook)])),
    },
    rootless: false,
    cgroup_paths: state.cgroupPaths,
    namespace_paths: Object.fromEntries(namespacePaths),
    external_descriptors: null,
    intel_rdt_path: state.cacheGroups?.at(-1) ?? '',
  });
  writeFile(`${directory}/.state.json`, text, Open.truncate | Open.sync, 0o600);
  rename(`${directory}/.state.json`, `${directory}/state.json`);
}

/** Makes a container's directory, and the root above it. Answers false if the directory is there already. */
export function makeStateDirectory(root: string, directory: string): boolean {
  makeDirectories(root, 0o700);
  return makeDirectories(directory, 0o711);
}

function runcHook({ timeout, ...hook }: Hook): unknown {
  return { ...hook, dir: '', ...(timeout ? { timeout: timeout * 1e9 } : {}) };
}

/** The part of runc's cgroup that says where it is; a scope's user is told by `Rootless`. */
function runcCgroup({ id, systemd }: ContainerState): object {
  if (!systemd) return { name: id, Systemd: false, Rootless: false };
  const { name, slice, prefix, user } = systemd;
  return { name, parent: slice, scope_prefix: prefix, Systemd: true, Rootless: user };
}

function placeOf({
  name = '',
  parent = '',
  scope_prefix: prefix = '',
  Rootless: user = false,
}: RuncCgroup): SystemdPlace {
  const unit = name.endsWith('.slice') ? name : `${prefix}-${name}.scope`;
  return { name, prefix, unit, user, slice: parent || (user ? 'user.slice' : 'system.slice') };
}

interface RuncCgroup {
  readonly name?: string;
  readonly parent?: string;
  readonly scope_prefix?: string;
  readonly Rootless?: boolean;
}

function runcMapping({ containerID = 0, hostID = 0, size = 0 }: IdMapping): unknown {
  return { container_id: containerID, host_id: hostID, size };
}

function ociMapping({
  container_id = 0,
  host_id = 0,
  size = 0,
}: {
  container_id?: number;
  host_id?: number;
  size?: number;
}): IdMapping {
  return { containerID: container_id, hostID: host_id, size };
}

function splitLabel(label: string): [string, string] {
  const at = label.indexOf('=');
  return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)];
}
