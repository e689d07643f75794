/**
 * The ids of a user namespace that somebody without root has made. The kernel lets a user map itself and nobody else; more
 * take the setuid programs of the package uidmap, which know what /etc/subuid and /etc/subgid give to whom.
 */
import { spawnSync } from 'node:child_process';
import { writeExisting } from '@drydock/linux/disk';
import { syscall } from '@drydock/linux/syscall';
import type { IdMapping } from '@drydock/oci/runtime-spec';
import { Failure, failingAs } from '../failure.ts';
import { effectiveUser, type Mappings, writeMap } from './user-namespace.ts';

export function writeOwnMappings(pid: number, { uids, gids }: Mappings): void {
  const context = 'error during container init';
  if (isOwn(gids, syscall('getegid', []))) {
    // Else a user could leave a group that is denied something.
    failingAs(`${context}: failed to update setgroups`, () => writeExisting(`/proc/${pid}/setgroups`, 'deny'));
    failingAs(`${context}: failed to map gids`, () => writeMap(pid, 'gid_map', gids));
  } else useTool('newgidmap', pid, gids);
  if (isOwn(uids, effectiveUser())) failingAs(`${context}: failed to map uids`, () => writeMap(pid, 'uid_map', uids));
  else useTool('newuidmap', pid, uids);
}

function isOwn(mappings: readonly IdMapping[], id: number): boolean {
  const [only] = mappings;
  return mappings.length === 1 && only?.hostID === id && only.size === 1;
}

function useTool(tool: 'newuidmap' | 'newgidmap', pid: number, mappings: readonly IdMapping[]): void {
  const numbers = mappings.flatMap(({ containerID = 0, hostID = 0, size = 0 }) => [containerID, hostID, size]);
  const { status, error, stderr } = spawnSync(tool, [pid, ...numbers].map(String), { encoding: 'utf8' });
  const start = `error during container init: failed to use ${tool}`;
  if (error) throw new Failure(`${start}: it cannot be executed (package uidmap): ${error.message}`, { cause: error });
  if (status !== 0) throw new Failure(`${start}: ${stderr.trim()}`);
}
