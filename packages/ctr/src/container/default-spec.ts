/** The configuration that ctr begins with: containerd's default for Linux (containerd, oci/spec.go). */
import type { Spec } from '@drydock/oci/runtime-spec';

/** A type whose parts can be changed. */
type Draft<T> = T extends readonly (infer U)[]
  ? Draft<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

type Whole = Draft<Spec>;

/** A configuration that is being made: what is always there here. */
export type DraftSpec = Omit<Whole, 'process' | 'root' | 'mounts' | 'linux'> & {
  process: NonNullable<Whole['process']>;
  root: NonNullable<Whole['root']>;
  mounts: NonNullable<Whole['mounts']>;
  linux: NonNullable<Whole['linux']> & { resources: NonNullable<NonNullable<Whole['linux']>['resources']> };
};

const capabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
].map((name) => `CAP_${name}`);

const mounts = [
  ['/proc', 'proc', 'proc', ['nosuid', 'noexec', 'nodev']],
  ['/dev', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']],
  ['/dev/pts', 'devpts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']],
  ['/dev/shm', 'tmpfs', 'shm', ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k']],
  ['/dev/mqueue', 'mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']],
  ['/sys', 'sysfs', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']],
  ['/run', 'tmpfs', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']],
] as const;

const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/sys/firmware',
  '/proc/scsi',
];

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Makes the configuration; without an id the cgroup is the namespace's. */
export function defaultSpec(namespace: string, id = ''): DraftSpec {
  return {
    ociVersion: '1.0.2-dev',
    process: {
      // In the order that a reader expects; those that are undefined are not written.
      terminal: undefined,
      user: { uid: 0, gid: 0 },
      args: undefined,
      env: undefined,
      cwd: '/',
      capabilities: { bounding: [...capabilities], effective: [...capabilities], permitted: [...capabilities] },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    } as DraftSpec['process'],
    root: { path: 'rootfs' },
    mounts: mounts.map(([destination, type, source, options]) => ({
      destination,
      type,
      source,
      options: [...options],
    })),
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      cgroupsPath: id === '' ? `/${namespace}` : `/${namespace}/${id}`,
      namespaces: ['pid', 'ipc', 'uts', 'mount', 'network'].map((type) => ({ type })),
      maskedPaths: [...maskedPaths],
      readonlyPaths: [...readonlyPaths],
    },
  } as DraftSpec;
}
