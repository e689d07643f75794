/** The other processes of this machine, as far as a container may share something with them. */
import { listDirectory, readText } from '@drydock/linux/disk';
import { SyscallError } from '@drydock/linux/syscall';
import { Container } from '../container/container.ts';
import { NoSuchContainer } from '../failure.ts';

/** Who a process is: of this container, of another one, or of the host. */
export interface Owner {
  readonly pid: number;
  readonly name: string;
  /** The id of its container; undefined for the host. */
  readonly container: string | undefined;
}

/** All processes that can be seen, by pid. */
export function ownersOf(root: string): ReadonlyMap<number, Owner> {
  const containers = new Map<number, string>();
  for (const container of containersAt(root))
    for (const pid of container.cgroup.processes()) containers.set(pid, container.id);
  const owners = new Map<number, Owner>();
  for (const name of listDirectory('/proc')) {
    const pid = Number(name.replace('/', ''));
    if (Number.isInteger(pid)) owners.set(pid, { pid, name: commandName(pid), container: containers.get(pid) });
  }
  return owners;
}

function containersAt(root: string): Container[] {
  return listDirectory(root)
    .filter((name) => name.endsWith('/'))
    .flatMap((name) => {
      try {
        return [Container.load(root, name.slice(0, -1))];
      } catch (error) {
        // The directory of no container.
        if (error instanceof NoSuchContainer) return [];
        throw error;
      }
    });
}

function commandName(pid: number): string {
  try {
    return readText(`/proc/${pid}/comm`).trim();
  } catch (error) {
    // It has ended meanwhile.
    if (error instanceof SyscallError) return '';
    throw error;
  }
}

/** Owners in words: `the container web`, `the host (systemd 1, sshd 812, …)`. */
export function ownersText(owners: readonly Owner[]): string {
  const containers = [...new Set(owners.flatMap(({ container }) => container ?? []))].map((id) => `container ${id}`);
  const host = owners.filter(({ container }) => container === undefined);
  const most = 3;
  const named = host.slice(0, most).map(({ name, pid }) => `${name} ${pid}`);
  const more = host.length > most ? [`${host.length - most} more`] : [];
  return [...containers, ...(host.length > 0 ? [`the host (${[...named, ...more].join(', ')})`] : [])].join(', ');
}
