/** The cgroup that the caller wants a shim itself to be in (`shim_cgroup` of the options). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cgroupDirectory, readHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { errnoText } from '@drydock/linux/errno';

/**
 * Moves a process to a cgroup that exists: on v1 in every controller's hierarchy that has it. Throws with the cgroup if there is
 * none, or if the kernel refuses.
 */
export function joinShimCgroup(path: string, pid: number): void {
  const { version, list } = readHierarchies();
  const directories = list
    .filter(({ name }) => version === 2 || name !== '')
    .map((hierarchy) => cgroupDirectory(hierarchy, path.startsWith('/') ? path : `/${path}`))
    .filter((directory) => version === 2 || existsSync(directory));
  if (directories.length === 0) throw new Error(`failed to load cgroup ${path}: cgroups: cgroup deleted`);
  for (const directory of directories) {
    const file = `${directory}/cgroup.procs`;
    try {
      writeFileSync(file, String(pid));
    } catch (error) {
      const { errno = 0, syscall } = error as NodeJS.ErrnoException;
      throw new Error(`failed to join cgroup ${path}: ${syscall} ${file}: ${errnoText(-errno)}`, { cause: error });
    }
  }
}

const highestScore = 1000;

/** Makes this process one step likelier to be killed than the supervisor, whose score it has inherited. */
export function raiseOomScore(): void {
  const path = '/proc/self/oom_score_adj';
  const score = Number(readFileSync(path, 'utf8'));
  if (score < highestScore) writeFileSync(path, String(score + 1));
}
