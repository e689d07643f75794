/** Which cgroup a container has. */
import type { Cgroup } from './cgroup.ts';
import { cgroupDirectory, type Hierarchies, readHierarchies } from './hierarchies.ts';
import { NoCgroup } from './none.ts';
import { CgroupV1 } from './v1.ts';
import { CgroupV2 } from './v2.ts';

/** The cgroup at a path of the runtime specification's `cgroupsPath`, or of the container's name if that is empty. */
export function cgroupAt(path: string, hierarchies: Hierarchies = readHierarchies()): Cgroup {
  const { version, list } = hierarchies;
  const [first] = list;
  if (first === undefined) throw new Error('no cgroup hierarchy is mounted');
  // Beside this process's own cgroup, not below: one that has processes cannot hand controllers on (cgroups(7)).
  if (version === 2)
    return new CgroupV2(cgroupDirectory({ ...first, own: parentOf(first.own) }, path), first.mountPoint);
  return new CgroupV1(Object.fromEntries(list.map((hierarchy) => [hierarchy.name, cgroupDirectory(hierarchy, path)])));
}

/** The cgroup whose directories a state file has kept. */
export function cgroupFromPaths(paths: Readonly<Record<string, string>>): Cgroup {
  if (Object.keys(paths).length === 0) return new NoCgroup(2, 'the container has none');
  const [[name, path] = ['', '']] = Object.entries(paths);
  return Object.keys(paths).length === 1 && name === '' ? new CgroupV2(path) : new CgroupV1(paths);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
