/**
 * A container's group of cache and memory bandwidth control, and what it is counted in (`linux.intelRdt`; kernel:
 * Documentation/arch/x86/resctrl.rst).
 */
import { exists, makeDirectories, removeEmptyDirectory, writeExisting } from '@drydock/linux/disk';
import type { Linux } from '@drydock/oci/runtime-spec';
import { Failure, failingAs } from '../failure.ts';

type IntelRdt = NonNullable<Linux['intelRdt']>;

const filesystem = '/sys/fs/resctrl';

/** Throws {@link Failure} for what this machine cannot do, and for names that are no group's. */
export function checkCacheGroup({ closID = '', l3CacheSchema, memBwSchema }: IntelRdt, root = filesystem): void {
  if (!exists(`${root}/schemata`)) throw new Failure('intelRdt is specified in config, but Intel RDT is not enabled');
  if (closID === '.' || closID === '..' || closID.includes('/') || (closID !== '' && reserved.includes(closID)))
    throw new Failure(`invalid intelRdt.ClosID "${closID}"`);
  if (l3CacheSchema && !exists(`${root}/info/L3`))
    throw new Failure('intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled');
  if (memBwSchema && !exists(`${root}/info/MB`))
    throw new Failure('intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled');
}

/** Directories that the kernel has beside the groups. */
const reserved = ['info', 'mon_groups', 'mon_data'];

/** Puts a process into its group, which is made if need be. Answers the directories to remove with the container. */
export function joinCacheGroup(pid: number, id: string, wanted: IntelRdt, root = filesystem): readonly string[] {
  const { closID = id, schemata, l3CacheSchema, memBwSchema, enableMonitoring } = wanted;
  const lines = schemata?.length ? schemata : [l3CacheSchema ?? '', memBwSchema ?? ''].filter((line) => line !== '');
  const group = `${root}/${closID}`;
  return failingAs('unable to apply Intel RDT configuration', () => {
    // A group without schemas is somebody else's to make.
    if (wanted.closID && lines.length === 0 && !exists(group))
      throw new Failure(`clos ${closID} does not exist, and no schemata are given to make it with`);
    const made = makeDirectories(group);
    const monitor = `${group}/mon_groups/${id}`;
    const counted = enableMonitoring === true && makeDirectories(monitor);
    if (lines.length > 0) writeExisting(`${group}/schemata`, `${lines.join('\n')}\n`);
    writeExisting(`${group}/tasks`, String(pid));
    if (counted) writeExisting(`${monitor}/tasks`, String(pid));
    return [...(counted ? [monitor] : []), ...(made && !wanted.closID ? [group] : [])];
  });
}

/** Removes what {@link joinCacheGroup} has made; the kernel moves processes that are left to the root's group. */
export function leaveCacheGroup(directories: readonly string[]): void {
  for (const directory of directories) removeEmptyDirectory(directory);
}
