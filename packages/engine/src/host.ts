/** Facts about this machine that do not change while the engine runs. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, release, totalmem } from 'node:os';
import { capabilitiesIn } from './containers/spec/capabilities.ts';
import { ownCapabilityMask } from './containers/spec/security.ts';

export interface HostFacts {
  readonly hostname: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memory: number;
  /** What /etc/os-release says: name and version. */
  readonly operatingSystem: string;
  readonly osVersion: string;
  readonly cgroupVersion: '1' | '2';
  /** cgroup v1 controllers, or those of the v2 root. */
  readonly controllers: ReadonlySet<string>;
  /** Swap is accounted for, so that it can be limited. */
  readonly swapLimit: boolean;
  /** Block devices can be shared out by weight. */
  readonly blkioWeight: boolean;
  readonly seccomp: boolean;
  readonly appArmor: boolean;
  /** The engine's own capabilities: no container gets more. */
  readonly capabilities: readonly string[];
}

export function readHostFacts(): HostFacts {
  const release_ = osRelease();
  const cgroupVersion = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '2' : '1';
  return {
    hostname: hostname(),
    kernel: release(),
    cpus: availableParallelism(),
    memory: totalmem(),
    operatingSystem: release_.PRETTY_NAME ?? 'Linux',
    osVersion: release_.VERSION_ID ?? '',
    cgroupVersion,
    controllers: cgroupVersion === '2' ? v2Controllers() : v1Controllers(),
    swapLimit: cgroupVersion === '2' || existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes'),
    blkioWeight:
      cgroupVersion === '2' ? existsSync('/sys/fs/cgroup/io.weight') : existsSync('/sys/fs/cgroup/blkio/blkio.weight'),
    seccomp: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
    appArmor: existsSync('/sys/kernel/security/apparmor'),
    capabilities: capabilitiesIn(ownCapabilityMask()),
  };
}

function osRelease(): Record<string, string> {
  if (!existsSync('/etc/os-release')) return {};
  const pairs = readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)=(?:"(.*)"|(.*))$/gm);
  return Object.fromEntries([...pairs].map(([, key, quoted, plain]) => [key!, quoted ?? plain ?? '']));
}

function v1Controllers(): Set<string> {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(' - cgroup '));
  return new Set(lines.flatMap((line) => line.slice(line.lastIndexOf(' ') + 1).split(',')));
}

function v2Controllers(): Set<string> {
  return new Set(readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim().split(' '));
}
