/** Removes what is left of a container whose processes have ended. */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { fileStatusIfPresent, listDirectory, pause, removeEmptyDirectory, removeFile } from '@drydock/linux/disk';
import { trySyscall } from '@drydock/linux/syscall';
import type { Log } from '../cli/log.ts';
import { explain } from '../failure.ts';
import { runHooks } from '../hooks/run.ts';
import { ociState } from './container.ts';
import type { ContainerState } from './state.ts';

export interface DestroyOptions {
  readonly directory: string;
  readonly state: ContainerState;
  readonly cgroup: Cgroup;
  readonly log: Log;
}

/** Ends every process, removes the cgroup and the directory, runs the poststop hooks; their failure is only logged. */
export async function destroy({ directory, state, cgroup, log }: DestroyOptions): Promise<void> {
  endAll(cgroup);
  if (state.systemd) {
    const { stopScope } = await import('./systemd.ts');
    try {
      stopScope(state.systemd);
    } catch (error) {
      // The cgroup is removed all the same.
      log.warning(explain(error));
    }
  }
  cgroup.remove();
  if (state.cacheGroups?.length) {
    const { leaveCacheGroup } = await import('./cache-group.ts');
    leaveCacheGroup(state.cacheGroups);
  }
  removeStateDirectory(directory);
  try {
    await runHooks(state.hooks, 'poststop', { state: ociState(state, 'stopped') });
  } catch (error) {
    log.error(explain(error));
  }
}

/** Without a PID namespace of its own, the container's other processes outlive its first one. */
function endAll(cgroup: Cgroup): void {
  const sigkill = 9;
  for (let round = 0; round < 100; round++) {
    const pids = cgroup.processes();
    if (pids.length === 0) return;
    for (const pid of pids) trySyscall('kill', pid, sigkill);
    if (cgroup.isFrozen()) cgroup.thaw();
    pause(Math.min(10, round + 1));
  }
}

/** Removes a container's directory with what is in it, if it is there. */
export function removeStateDirectory(directory: string): void {
  if (fileStatusIfPresent(directory) === undefined) return;
  for (const name of listDirectory(directory)) {
    const path = `${directory}/${name}`;
    // The root that a restore has mounted for criu, if it was killed.
    if (name.endsWith('/')) removeMountPoint(path.slice(0, -1));
    else removeFile(path);
  }
  removeEmptyDirectory(directory);
}

function removeMountPoint(path: string): void {
  const detach = 2;
  trySyscall('umount2', path, detach);
  removeEmptyDirectory(path);
}
