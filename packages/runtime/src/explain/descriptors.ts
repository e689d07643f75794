/** What a container's first process has open that came from the host, and who holds the other end. */
import { listDirectory, readText, readTextIfPresent } from '@drydock/linux/disk';
import { SyscallError } from '@drydock/linux/syscall';
import { linkTarget } from '../container/link.ts';
import type { Owner } from './host-processes.ts';

export interface DescriptorFacts {
  readonly number: number;
  /** A path, or what the kernel says instead, such as `pipe:[123]`. */
  readonly target: string;
  readonly access: 'read' | 'write' | 'read and write' | 'path';
  readonly closedOnExec: boolean;
  /** Whether it is of none of the container's mounts, or is held outside too. */
  readonly fromHost: boolean;
  /** Who has the same open from outside. */
  readonly heldBy: readonly Owner[];
}

/** The descriptors of a process; `mounts` are the ids of those that it sees, `own` its container's processes. */
export function descriptorFacts(
  pid: number,
  mounts: ReadonlySet<number>,
  own: ReadonlySet<number>,
  owners: ReadonlyMap<number, Owner>,
): readonly DescriptorFacts[] {
  const outside = [...owners.values()].filter((owner) => !own.has(owner.pid));
  const holders = holdersOf(outside);
  const sockets = socketsOf(pid);
  return numbersOf(pid).map((number) => {
    const target = linkTarget(`/proc/${pid}/fd/${number}`);
    const info = readText(`/proc/${pid}/fdinfo/${number}`);
    const field = (name: string) => new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(info)?.[1] ?? '0';
    const flags = Number.parseInt(field('flags'), 8);
    // Pipes, sockets and the like are of no mount that anybody sees.
    const isFile = target.startsWith('/') && !target.startsWith('/memfd:');
    const heldBy = isFile ? [] : (holders.get(target) ?? []);
    return {
      number,
      target,
      access: accessOf(flags),
      closedOnExec: (flags & 0o2000000) !== 0,
      fromHost: isFile ? !mounts.has(Number(field('mnt_id'))) : heldBy.length > 0 || isForeign(target, sockets),
      heldBy,
    };
  });
}

function accessOf(flags: number): DescriptorFacts['access'] {
  if (flags & 0o10000000) return 'path';
  return (['read', 'write', 'read and write'] as const)[flags & 3] ?? 'read and write';
}

/** Whether a socket is of another network namespace than the process: nobody in it can have made it. */
function isForeign(target: string, sockets: ReadonlySet<string>): boolean {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
  return inode !== undefined && !sockets.has(inode);
}

/** The inodes of the sockets in a process's network namespace, as its tables in /proc/PID/net name them. */
function socketsOf(pid: number): ReadonlySet<string> {
  const tables = ['unix', 'tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'packet', 'netlink', 'icmp', 'icmp6'];
  const words = tables.flatMap((name) => (readTextIfPresent(`/proc/${pid}/net/${name}`) ?? '').split(/\s+/));
  return new Set(words.filter((word) => /^\d+$/.test(word)));
}

/** Who has what open, by what the links in /proc/PID/fd say. */
function holdersOf(owners: readonly Owner[]): ReadonlyMap<string, readonly Owner[]> {
  const holders = new Map<string, Owner[]>();
  for (const owner of owners) {
    const targets = new Set(numbersOf(owner.pid).map((number) => linkTarget(`/proc/${owner.pid}/fd/${number}`)));
    for (const target of targets) {
      if (!/^(pipe|socket):/.test(target)) continue;
      const list = holders.get(target) ?? [];
      list.push(owner);
      holders.set(target, list);
    }
  }
  return holders;
}

function numbersOf(pid: number): number[] {
  try {
    return listDirectory(`/proc/${pid}/fd`)
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    // It has ended, or is none of ours to look at.
    if (error instanceof SyscallError) return [];
    throw error;
  }
}
