/** `spec`: writes a configuration to begin with. */
import { readHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { Open, writeFile } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError, syscall } from '@drydock/linux/syscall';
import type { Mount, Spec } from '@drydock/oci/runtime-spec';
import type { Command } from '../cli/command.ts';
import { Failure } from '../failure.ts';
import { specVersion } from '../version.ts';

export const spec: Command = {
  name: 'spec',
  summary: 'create a new specification file',
  usage: '',
  flags: [
    { names: ['bundle', 'b'], kind: 'string', help: 'path to the root of the bundle directory' },
    { names: ['rootless'], kind: 'bool', help: 'generate a configuration for a rootless container' },
  ],
  arguments: [0, 0],
  flagsAnywhere: true,
  run({ flags }) {
    const bundle = flags.text('bundle');
    const own = exampleSpec();
    const example = withCgroupNamespace(flags.bool('rootless') ? rootlessSpec(own) : own);
    const text = `${JSON.stringify(example, undefined, '\t')}\n`;
    if (bundle) syscall('chdir', [bundle], `chdir ${bundle}`);
    try {
      writeFile('config.json', text, Open.exclusive, 0o666);
    } catch (error) {
      if (!(error instanceof SyscallError && error.errno === Errno.EEXIST)) throw error;
      throw new Failure('File config.json exists. Remove it first', { cause: error });
    }
    return undefined;
  },
};

const few = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];

/** A shell in a read-only root file system, with few rights. */
export function exampleSpec(): Spec {
  const hidden = ['nosuid', 'noexec', 'nodev'];
  return {
    ociVersion: specVersion,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: few, effective: few, permitted: few },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'drydock',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
      },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
      },
      { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...hidden, 'mode=1777', 'size=65536k'] },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: hidden },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...hidden, 'ro'] },
      { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...hidden, 'relatime', 'ro'] },
    ],
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
      maskedPaths: [
        ...['acpi', 'asound', 'kcore', 'keys', 'latency_stats', 'timer_list', 'timer_stats', 'sched_debug', 'scsi'].map(
          (name) => `/proc/${name}`,
        ),
        '/sys/firmware',
      ],
      readonlyPaths: ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`),
    },
  };
}

/** A cgroup namespace is of use where there is one hierarchy. */
function withCgroupNamespace(spec: Spec): Spec {
  if (readHierarchies().version === 2) return spec;
  const namespaces = spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup');
  return { ...spec, linux: { ...spec.linux, namespaces } };
}

/** The configuration for a caller who is not root: the caller's ids are root's in a user namespace. */
export function rootlessSpec(spec: Spec): Spec {
  const { geteuid = () => 0, getegid = () => 0 } = process;
  const { resources: _, ...linux } = spec.linux ?? {};
  const mapped = (id: number) => [{ containerID: 0, hostID: id, size: 1 }];
  return {
    ...spec,
    mounts: (spec.mounts ?? []).map((mount) =>
      // A sysfs of its own takes a network namespace of its own.
      mount.destination === '/sys'
        ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
        : // Other ids than the one that is mapped are nobody's.
          withOptions(mount, (option) => !/^[ug]id=/.test(option)),
    ),
    linux: {
      ...linux,
      uidMappings: mapped(geteuid()),
      gidMappings: mapped(getegid()),
      namespaces: [
        ...(linux.namespaces ?? []).filter(({ type }) => type !== 'network' && type !== 'user'),
        { type: 'user' },
      ],
    },
  };
}

function withOptions(mount: Mount, wanted: (option: string) => boolean): Mount {
  return mount.options === undefined ? mount : { ...mount, options: mount.options.filter(wanted) };
}
