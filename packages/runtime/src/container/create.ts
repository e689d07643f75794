/** Makes a container: everything up to the point where its command could be executed (runtime.md, "create"). */
import { parseHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { cgroupAt } from '@drydock/linux/cgroups/open';
import { closeFile, fileStatus, readText } from '@drydock/linux/disk';
import type { Spec } from '@drydock/oci/runtime-spec';
import type { Log } from '../cli/log.ts';
import { validateSpec } from '../compile/validate.ts';
import { Failure, failingAs, failingAsync } from '../failure.ts';
import { checkId, lockDirectory } from './container.ts';
import { checkPreserved } from './descriptors.ts';
import { destroy } from './destroy.ts';
import { findingAbout } from './finding.ts';
import { writeFinding } from './finding-file.ts';
import { absoluteRootfs, initialState } from './initial-state.ts';
import { checkLabel } from './labels.ts';
import type { Observer } from './observer.ts';
import { writePidFile } from './pid-file.ts';
import { sendProcess } from './pidfd-socket.ts';
import { processStat } from './process.ts';
import { checkRootless } from './rootless.ts';
import { startInit } from './start-init.ts';
import { type ContainerState, makeStateDirectory, writeState } from './state.ts';

export interface CreateOptions {
  readonly root: string;
  readonly id: string;
  /** Absolute; it is the working directory. */
  readonly bundle: string;
  readonly spec: Spec;
  readonly log: Log;
  readonly pidFile?: string | undefined;
  /** A connected socket for the terminal's master. */
  readonly console?: number | undefined;
  /** A connected socket for a descriptor of the first process. */
  readonly pidfdSocket?: number | undefined;
  /** Descriptors from 0 on that the command gets. */
  readonly preserved: number;
  readonly pivot: boolean;
  readonly newKeyring: boolean;
  /** Whether systemd shall make the cgroup. */
  readonly systemd: boolean;
  /** Whether cgroups that the kernel refuses are done without. */
  readonly rootless: boolean;
  /** Somebody who looks on. */
  readonly observer?: Observer | undefined;
}

/** Creates a container; answers its state. Leaves nothing behind if it fails. */
export async function createContainer(options: CreateOptions): Promise<ContainerState> {
  const { root, id, spec, bundle, log } = options;
  checkId(id);
  checkPreserved(options.preserved);
  checkRootless(spec);
  validateSpec(spec);
  const rootfs = absoluteRootfs(bundle, spec);
  failingAs('invalid rootfs', () => fileStatus(rootfs));
  const mountinfo = readText('/proc/self/mountinfo');
  const hierarchies = parseHierarchies(mountinfo, readText('/proc/self/cgroup'));
  const { chooseScope } = options.systemd ? await import('./systemd.ts') : {};
  const scope = chooseScope?.(spec.linux?.cgroupsPath, id);
  const cgroup = cgroupAt(scope?.path ?? (spec.linux?.cgroupsPath || id), hierarchies);
  const { unified, memory } = spec.linux?.resources ?? {};
  if (cgroup.version === 1 && unified !== undefined)
    throw new Failure('invalid configuration: cannot use unified on cgroup v1');
  if (memory?.kernel) log.warning('Kernel memory settings are ignored and will be removed');

  const { intelRdt } = spec.linux ?? {};
  const cache = intelRdt && (await import('./cache-group.ts'));
  cache?.checkCacheGroup(intelRdt ?? {});
  checkLabel(spec.process);

  const directory = `${root}/${id}`;
  if (!makeStateDirectory(root, directory)) throw new Failure('container with given ID already exists');
  const lock = lockDirectory(directory);
  // Written before anything is made, so that what a killed `create` leaves can be deleted.
  let state: ContainerState = { ...initialState(options, rootfs, cgroup), systemd: scope?.place };
  try {
    writeState(directory, state);
    const started = await failingAsync('unable to start container process', () =>
      startInit({ ...options, rootfs, directory, state, cgroup, scope, mountinfo, hierarchies }),
    );
    if (intelRdt && cache) state = { ...state, cacheGroups: cache.joinCacheGroup(started.pid, id, intelRdt) };
    writeFinding(directory, findingAbout(`/proc/${started.pid}/root`, spec.process ?? {}));
    // Fewer than were asked for, if the caller may not make them all.
    state = {
      ...state,
      cgroupPaths: started.cgroup.paths,
      pid: started.pid,
      startTime: processStat(started.pid)?.startTime ?? 0,
    };
    writeState(directory, state);
    if (options.pidfdSocket !== undefined) sendProcess(options.pidfdSocket, state.pid, 'standard');
    if (options.pidFile) writePidFile(options.pidFile, state.pid);
    options.observer?.mark?.('write the state');
    return state;
  } catch (error) {
    await destroy({ directory, state, cgroup, log });
    throw error;
  } finally {
    closeFile(lock);
  }
}
