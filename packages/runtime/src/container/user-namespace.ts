/** User namespaces from outside: whether this process is in one, and the ids of a new one (user_namespaces(7)). */
import { readTextIfPresent, writeExisting } from '@drydock/linux/disk';
import { syscall } from '@drydock/linux/syscall';
import type { IdMapping, Namespace } from '@drydock/oci/runtime-spec';
import { failingAs } from '../failure.ts';

/** Whether ids here are not those of the machine: its first user namespace maps all of them to themselves. */
export function isInUserNamespace(): boolean {
  const [line = '', ...more] = (readTextIfPresent('/proc/self/uid_map') ?? '').trim().split('\n');
  return more.length > 0 || (line !== '' && line.trim().split(/\s+/).join(' ') !== '0 0 4294967295');
}

/** This process's effective user id. */
export function effectiveUser(): number {
  return syscall('geteuid', []);
}

/** Whether a container has a user namespace, its own or another's. */
export function hasUserNamespace(namespaces: readonly Namespace[]): boolean {
  return namespaces.some(({ type }) => type === 'user');
}

export interface Mappings {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

/**
 * Gives the user namespace that a process has made its ids. Root may write any; another user only its own, or with the help
 * of newuidmap(1) and newgidmap(1) those that /etc/subuid and /etc/subgid give it.
 */
export async function writeMappings(pid: number, { uids, gids }: Mappings): Promise<void> {
  if (effectiveUser() !== 0) {
    const { writeOwnMappings } = await import('./own-mappings.ts');
    return writeOwnMappings(pid, { uids, gids });
  }
  failingAs('error during container init: failed to map gids', () => writeMap(pid, 'gid_map', gids));
  failingAs('error during container init: failed to map uids', () => writeMap(pid, 'uid_map', uids));
}

/** Writes a map in the one call that the kernel allows. */
export function writeMap(pid: number, file: 'uid_map' | 'gid_map', mappings: readonly IdMapping[]): void {
  if (mappings.length > 0) writeExisting(`/proc/${pid}/${file}`, mapText(mappings));
}

function mapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID = 0, hostID = 0, size = 0 }) => `${containerID} ${hostID} ${size}\n`).join('');
}
