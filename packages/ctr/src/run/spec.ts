/** The config.json of `run`, as ctr makes it: containerd's default spec and the flags. */
import type { ContainerConfig, ImageConfig } from '@drydock/oci/image-spec';

export interface SpecOptions {
  readonly id: string;
  readonly namespace: string;
  readonly args: readonly string[];
  readonly config: ImageConfig | undefined;
  readonly terminal: boolean;
  readonly cwd: string | undefined;
  readonly env: readonly string[];
  readonly netHost: boolean;
  readonly readOnly: boolean;
  readonly privileged: boolean;
  readonly memoryLimit: number;
  readonly cpus: number;
  readonly mounts: readonly string[];
}

/** containerd's default capabilities. */
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

const allCapabilities = [
  ...capabilities,
  ...[
    'DAC_READ_SEARCH',
    'LINUX_IMMUTABLE',
    'NET_BROADCAST',
    'NET_ADMIN',
    'IPC_LOCK',
    'IPC_OWNER',
    'SYS_MODULE',
    'SYS_RAWIO',
    'SYS_PTRACE',
    'SYS_PACCT',
    'SYS_ADMIN',
    'SYS_BOOT',
    'SYS_NICE',
    'SYS_RESOURCE',
    'SYS_TIME',
    'SYS_TTY_CONFIG',
    'LEASE',
    'AUDIT_CONTROL',
    'MAC_OVERRIDE',
    'MAC_ADMIN',
    'SYSLOG',
    'WAKE_ALARM',
    'BLOCK_SUSPEND',
    'AUDIT_READ',
    'PERFMON',
    'BPF',
    'CHECKPOINT_RESTORE',
  ].map((name) => `CAP_${name}`),
];

const systemMounts = [
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

/** Builds the spec. Throws if neither the image nor the caller names a program. */
export function makeSpec(options: SpecOptions): object {
  const { config, privileged } = options;
  const image: Partial<ContainerConfig> = config?.config ?? {};
  const args =
    options.args.length > 0
      ? [...(image.Entrypoint ?? []), ...options.args]
      : [...(image.Entrypoint ?? []), ...(image.Cmd ?? [])];
  if (args.length === 0) throw new Error('no arguments specified');
  const held = privileged ? allCapabilities : capabilities;
  const namespaces = ['pid', 'ipc', 'uts', 'mount', ...(options.netHost ? [] : ['network'])];
  return {
    ociVersion: '1.0.2-dev',
    process: {
      ...(options.terminal ? { terminal: true } : {}),
      user: { uid: 0, gid: 0, additionalGids: [0] },
      args,
      env: [
        ...(image.Env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']),
        ...(options.terminal ? ['TERM=xterm'] : []),
        ...options.env,
      ],
      cwd: options.cwd ?? (image.WorkingDir || '/'),
      capabilities: { bounding: held, effective: held, permitted: held },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: !privileged,
    },
    root: { path: 'rootfs', ...(options.readOnly ? { readonly: true } : {}) },
    mounts: [
      ...systemMounts.map(([destination, type, source, flags]) => ({ destination, type, source, options: [...flags] })),
      ...options.mounts.map(parseMount),
    ],
    linux: {
      resources: {
        devices: [{ allow: privileged, access: 'rwm' }],
        cpu: {
          shares: 1024,
          ...(options.cpus > 0 ? { quota: Math.round(options.cpus * 100_000), period: 100_000 } : {}),
        },
        ...(options.memoryLimit > 0 ? { memory: { limit: options.memoryLimit } } : {}),
      },
      cgroupsPath: `/${options.namespace}/${options.id}`,
      namespaces: namespaces.map((type) => ({ type })),
      ...(privileged ? {} : { maskedPaths, readonlyPaths }),
    },
  };
}

/** `type=bind,src=/a,dst=/b,options=rbind:ro` as an OCI mount. */
function parseMount(text: string): object {
  const fields = Object.fromEntries(
    text.split(',').map((part) => [part.split('=')[0] ?? '', part.slice(part.indexOf('=') + 1)]),
  );
  const destination = fields.dst ?? fields.destination;
  if (destination === undefined) throw new Error(`mount ${text}: no destination (dst=)`);
  return {
    type: fields.type ?? 'bind',
    source: fields.src ?? fields.source ?? '',
    destination,
    options: fields.options?.split(':') ?? [],
  };
}
