/** `spec`: writes a configuration to begin with. */
import { Open, writeFile } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';
import type { Spec } from '@drydock/oci/runtime-spec';
import type { Command } from '../cli/command.ts';
import { Failure } from '../failure.ts';
import { specVersion } from '../version.ts';

export const spec: Command = {
  name: 'spec',
  summary: 'create a new specification file',
  usage: '',
  flags: [{ names: ['bundle', 'b'], kind: 'string', help: 'path to the root of the bundle directory' }],
  arguments: [0, 0],
  flagsAnywhere: true,
  run({ flags }) {
    const bundle = flags.text('bundle');
    const text = `${JSON.stringify(exampleSpec(), undefined, '\t')}\n`;
    try {
      writeFile(bundle ? `${bundle}/config.json` : 'config.json', text, Open.exclusive, 0o666);
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
