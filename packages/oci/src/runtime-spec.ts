/**
 * The runtime specification's documents (github.com/opencontainers/runtime-spec, config.md and config-linux.md): the
 * `config.json` of a bundle, the process of an exec, the resources of an update, and the state that hooks get. Field names
 * are the specification's; that a combination makes sense is for the runtime to check.
 */
import { list, map, parseShaped, type Shaped, struct } from './runtime-shape.ts';

const user = struct('User', {
  uid: 'uint32',
  gid: 'uint32',
  umask: 'uint32',
  additionalGids: list('uint32'),
  username: 'string',
});

const capabilities = struct('LinuxCapabilities', {
  bounding: list('string'),
  effective: list('string'),
  inheritable: list('string'),
  permitted: list('string'),
  ambient: list('string'),
});

const process = struct('Process', {
  terminal: 'bool',
  consoleSize: struct('Box', { height: 'uint', width: 'uint' }),
  user,
  args: list('string'),
  env: list('string'),
  cwd: 'string',
  capabilities,
  rlimits: list(struct('POSIXRlimit', { type: 'string', hard: 'uint64', soft: 'uint64' })),
  noNewPrivileges: 'bool',
  apparmorProfile: 'string',
  oomScoreAdj: 'int',
  selinuxLabel: 'string',
  scheduler: struct('Scheduler', {
    policy: 'string',
    nice: 'int32',
    priority: 'int32',
    flags: list('string'),
    runtime: 'uint64',
    deadline: 'uint64',
    period: 'uint64',
  }),
  ioPriority: struct('LinuxIOPriority', { class: 'string', priority: 'int' }),
  execCPUAffinity: struct('CPUAffinity', { initial: 'string', final: 'string' }),
});

const hooks = list(struct('Hook', { path: 'string', args: list('string'), env: list('string'), timeout: 'int' }));

const throttleDevices = list(struct('LinuxThrottleDevice', { major: 'int64', minor: 'int64', rate: 'uint64' }));

const resources = struct('LinuxResources', {
  devices: list(
    struct('LinuxDeviceCgroup', { allow: 'bool', type: 'string', major: 'int64', minor: 'int64', access: 'string' }),
  ),
  memory: struct('LinuxMemory', {
    limit: 'int64',
    reservation: 'int64',
    swap: 'int64',
    kernel: 'int64',
    kernelTCP: 'int64',
    swappiness: 'uint64',
    disableOOMKiller: 'bool',
    useHierarchy: 'bool',
    checkBeforeUpdate: 'bool',
  }),
  cpu: struct('LinuxCPU', {
    shares: 'uint64',
    quota: 'int64',
    burst: 'uint64',
    period: 'uint64',
    realtimeRuntime: 'int64',
    realtimePeriod: 'uint64',
    cpus: 'string',
    mems: 'string',
    idle: 'int64',
  }),
  pids: struct('LinuxPids', { limit: 'int64' }),
  blockIO: struct('LinuxBlockIO', {
    weight: 'uint16',
    leafWeight: 'uint16',
    weightDevice: list(
      struct('LinuxWeightDevice', { major: 'int64', minor: 'int64', weight: 'uint16', leafWeight: 'uint16' }),
    ),
    throttleReadBpsDevice: throttleDevices,
    throttleWriteBpsDevice: throttleDevices,
    throttleReadIOPSDevice: throttleDevices,
    throttleWriteIOPSDevice: throttleDevices,
  }),
  hugepageLimits: list(struct('LinuxHugepageLimit', { pageSize: 'string', limit: 'uint64' })),
  network: struct('LinuxNetwork', {
    classID: 'uint32',
    priorities: list(struct('LinuxInterfacePriority', { name: 'string', priority: 'uint32' })),
  }),
  rdma: map(struct('LinuxRdma', { hcaHandles: 'uint32', hcaObjects: 'uint32' })),
  unified: map('string'),
});

const seccomp = struct('LinuxSeccomp', {
  defaultAction: 'string',
  defaultErrnoRet: 'uint',
  architectures: list('string'),
  flags: list('string'),
  listenerPath: 'string',
  listenerMetadata: 'string',
  syscalls: list(
    struct('LinuxSyscall', {
      names: list('string'),
      action: 'string',
      errnoRet: 'uint',
      args: list(struct('LinuxSeccompArg', { index: 'uint', value: 'uint64', valueTwo: 'uint64', op: 'string' })),
    }),
  ),
});

const idMappings = list(struct('LinuxIDMapping', { containerID: 'uint32', hostID: 'uint32', size: 'uint32' }));

const spec = struct('Spec', {
  ociVersion: 'string',
  process,
  root: struct('Root', { path: 'string', readonly: 'bool' }),
  hostname: 'string',
  domainname: 'string',
  mounts: list(
    struct('Mount', {
      destination: 'string',
      type: 'string',
      source: 'string',
      options: list('string'),
      uidMappings: idMappings,
      gidMappings: idMappings,
    }),
  ),
  hooks: struct('Hooks', {
    prestart: hooks,
    createRuntime: hooks,
    createContainer: hooks,
    startContainer: hooks,
    poststart: hooks,
    poststop: hooks,
  }),
  annotations: map('string'),
  linux: struct('Linux', {
    uidMappings: idMappings,
    gidMappings: idMappings,
    timeOffsets: map(struct('LinuxTimeOffset', { secs: 'int64', nanosecs: 'uint32' })),
    sysctl: map('string'),
    resources,
    cgroupsPath: 'string',
    namespaces: list(struct('LinuxNamespace', { type: 'string', path: 'string' })),
    devices: list(
      struct('LinuxDevice', {
        path: 'string',
        type: 'string',
        major: 'int64',
        minor: 'int64',
        fileMode: 'uint32',
        uid: 'uint32',
        gid: 'uint32',
      }),
    ),
    seccomp,
    rootfsPropagation: 'string',
    maskedPaths: list('string'),
    readonlyPaths: list('string'),
    mountLabel: 'string',
    personality: struct('LinuxPersonality', { domain: 'string', flags: list('string') }),
    memoryPolicy: struct('LinuxMemoryPolicy', { mode: 'string', nodes: 'string', flags: list('string') }),
    netDevices: map(struct('LinuxNetDevice', { name: 'string' })),
    intelRdt: struct('LinuxIntelRdt', {
      closID: 'string',
      schemata: list('string'),
      l3CacheSchema: 'string',
      memBwSchema: 'string',
      enableMonitoring: 'bool',
    }),
  }),
});

/** A bundle's `config.json`. */
export type Spec = Shaped<typeof spec>;
export type Process = Shaped<typeof process>;
export type User = NonNullable<Process['user']>;
export type Capabilities = NonNullable<Process['capabilities']>;
export type Mount = NonNullable<Spec['mounts']>[number];
export type Hooks = NonNullable<Spec['hooks']>;
export type Hook = NonNullable<Hooks['prestart']>[number];
export type Linux = NonNullable<Spec['linux']>;
export type Device = NonNullable<Linux['devices']>[number];
export type Namespace = NonNullable<Linux['namespaces']>[number];
export type Resources = NonNullable<Linux['resources']>;
export type Seccomp = NonNullable<Linux['seccomp']>;
export type IdMapping = NonNullable<Linux['uidMappings']>[number];

/** The states that a container can be in, and runc's `paused`. */
export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** What `state` prints and hooks get on their standard input (runtime.md, "State"). */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: Status;
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The version of the specification that these types are of. */
export const specVersion = '1.3.0';

/** Reads a `config.json`. Throws ShapeError in Go's words: `json: cannot unmarshal string into Go struct field …`. */
export function parseSpec(text: string): Spec {
  return parseShaped(text, spec);
}

/** Reads the file that `exec --process` names. */
export function parseProcess(text: string): Process {
  return parseShaped(text, process);
}

/** Reads the resources that `update` gets. */
export function parseResources(text: string): Resources {
  return parseShaped(text, resources);
}
