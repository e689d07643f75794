/** Which namespaces a container is in, and who else is (namespaces(7)). */
import { trySyscall } from '@drydock/linux/syscall';
import type { Spec } from '@drydock/oci/runtime-spec';
import { linkTarget } from '../container/link.ts';
import { compare, type Difference } from './difference.ts';
import { type Owner, ownersText } from './host-processes.ts';

/** The specification's types with the kernel's file names. */
const files = {
  user: 'user',
  pid: 'pid',
  mount: 'mnt',
  network: 'net',
  ipc: 'ipc',
  uts: 'uts',
  time: 'time',
  cgroup: 'cgroup',
} as const;

export interface NamespaceFacts {
  readonly type: string;
  /** The number that the kernel knows it by. */
  readonly inode: number;
  /** Whether it is that of the runtime, which is the host's as far as can be seen. */
  readonly ofHost: boolean;
  /** How many of the container's processes are in it. */
  readonly processes: number;
  /** Who is in it from outside the container. */
  readonly sharedWith: readonly Owner[];
}

/** The namespaces of a process; `own` are the processes of its container. */
export function namespaceFacts(
  pid: number,
  own: ReadonlySet<number>,
  owners: ReadonlyMap<number, Owner>,
): readonly NamespaceFacts[] {
  return Object.entries(files).map(([type, file]) => {
    const link = linkTarget(`/proc/${pid}/ns/${file}`);
    const members = [...owners.values()].filter((owner) => linkTarget(`/proc/${owner.pid}/ns/${file}`) === link);
    return {
      type,
      inode: Number(/\d+/.exec(link)?.[0] ?? 0),
      ofHost: link === linkTarget(`/proc/self/ns/${file}`),
      processes: members.filter((owner) => own.has(owner.pid)).length,
      sharedWith: members.filter((owner) => !own.has(owner.pid)),
    };
  });
}

/** Against the configuration: what is listed without a path is made, with a path joined, what is not listed is the host's. */
export function namespaceDifferences(facts: readonly NamespaceFacts[], spec: Spec): readonly Difference[] {
  const configured = spec.linux?.namespaces ?? [];
  return facts.flatMap(({ type, ofHost, inode }) => {
    const wanted = configured.find((namespace) => namespace.type === type);
    const actual = ofHost ? "the host's" : `${inode}`;
    if (!wanted) return ofHost ? [] : compare(`linux.namespaces`, `${type}: the host's`, `${type}: ${actual}`);
    if (!wanted.path) return ofHost ? compare('linux.namespaces', `${type}: a new one`, `${type}: ${actual}`) : [];
    const path = inodeOf(wanted.path);
    // A path such as /proc/PID/ns/net may lead nowhere by now.
    if (path === undefined || path === inode) return [];
    return compare('linux.namespaces', `${type}: ${wanted.path} (${path})`, `${type}: ${actual}`);
  });
}

export function namespaceText({ type, inode, ofHost, processes, sharedWith }: NamespaceFacts): string {
  const what = ofHost ? "the host's" : sharedWith.length > 0 ? 'shared' : 'its own';
  const others = sharedWith.length > 0 && !ofHost ? `, with ${ownersText(sharedWith)}` : '';
  const count = `${processes} ${processes === 1 ? 'process' : 'processes'}`;
  return `${type.padEnd(9)}${String(inode).padEnd(12)}${what}${others}${ofHost ? '' : `, ${count} of the container`}`;
}

function inodeOf(path: string): number | undefined {
  const [here, inodeBit, offset] = [-100, 0x100, 32];
  const status = Buffer.alloc(256);
  return trySyscall('statx', here, path, 0, inodeBit, status) < 0 ? undefined : Number(status.readBigUInt64LE(offset));
}
