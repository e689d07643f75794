/**
 * Makes a container of the files that a checkpoint has left. criu makes the processes; what is around them — the state, the
 * cgroup, the places to mount on, the hooks — is made as for any container.
 */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { readHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { cgroupAt } from '@drydock/linux/cgroups/open';
import { sendDescriptors } from '@drydock/linux/descriptor-message';
import {
  closeFile,
  fileStatus,
  makeDirectory,
  Open,
  openDirectory,
  openFile,
  readText,
  removeEmptyDirectory,
} from '@drydock/linux/disk';
import { syscall, trySyscall } from '@drydock/linux/syscall';
import type { Spec } from '@drydock/oci/runtime-spec';
import type { Log } from '../cli/log.ts';
import { validateSpec } from '../compile/validate.ts';
import { makeCgroup } from '../container/cgroup.ts';
import { checkId, lockDirectory, ociState } from '../container/container.ts';
import { destroy } from '../container/destroy.ts';
import { absoluteRootfs, initialState } from '../container/initial-state.ts';
import { writePidFile } from '../container/pid-file.ts';
import { processStat } from '../container/process.ts';
import { type ContainerState, makeStateDirectory, writeState } from '../container/state.ts';
import { Failure, failingAs } from '../failure.ts';
import { runHooks } from '../hooks/run.ts';
import { openWork } from './checkpoint.ts';
import { cgroupMounts, descriptorsFile, hostMounts, namespacesToJoin } from './external.ts';
import type { CriuFlags } from './flags.ts';
import type { Options } from './messages.ts';
import { makeMountPoints } from './mount-points.ts';
import { checkVersion, work } from './request.ts';
import type { Notification } from './session.ts';

export interface RestoreOptions extends CriuFlags {
  readonly criu: string;
  readonly root: string;
  readonly id: string;
  readonly bundle: string;
  readonly spec: Spec;
  readonly log: Log;
  readonly pidFile: string | undefined;
  /** A connected socket for the terminal's master. */
  readonly console: number | undefined;
  readonly lsmProfile: string | undefined;
  readonly lsmMountContext: string | undefined;
  readonly rootless: boolean;
  /** Whether systemd makes the cgroup. */
  readonly systemd: boolean;
}

/** Restores a container; answers its state. Leaves nothing behind if it fails. */
export async function restoreContainer(options: RestoreOptions): Promise<ContainerState> {
  const { root, id, spec, bundle, log } = options;
  checkId(id);
  validateSpec(spec);
  const rootfs = absoluteRootfs(bundle, spec);
  failingAs('invalid rootfs', () => fileStatus(rootfs));
  const hierarchies = readHierarchies();
  const { chooseScope, startScope } = options.systemd ? await import('../container/systemd.ts') : {};
  const scope = chooseScope?.(spec.linux?.cgroupsPath, id);
  const cgroup = cgroupAt(scope?.path ?? (spec.linux?.cgroupsPath || id), hierarchies);
  const directory = `${root}/${id}`;
  if (!makeStateDirectory(root, directory)) throw new Failure('container with given ID already exists');
  const lock = lockDirectory(directory);
  let state: ContainerState = { ...initialState(options, rootfs, cgroup), systemd: scope?.place };
  let letGo: (() => void) | undefined;
  try {
    writeState(directory, state);
    const version = await checkVersion(options.criu);
    checkLsm(options, version);
    letGo = scope && startScope?.(scope, spec, cgroup.version);
    const made = makeCgroup(cgroup, spec, options);
    state = { ...state, cgroupPaths: made.paths };
    makeMountPoints(rootfs, spec.mounts ?? []);
    const pid = await runCriu(options, state, { directory, cgroup: made });
    state = { ...state, pid, startTime: processStat(pid)?.startTime ?? 0 };
    writeState(directory, state);
    if (options.pidFile) writePidFile(options.pidFile, pid);
    return state;
  } catch (error) {
    await destroy({ directory, state, cgroup, log });
    throw error;
  } finally {
    letGo?.();
    closeFile(lock);
  }
}

function checkLsm({ lsmProfile, lsmMountContext }: RestoreOptions, version: number): void {
  const needed = 31_600;
  if (lsmProfile && version < needed) throw new Failure('--lsm-profile requires at least CRIU 3.16');
  if (lsmMountContext && version < needed) throw new Failure('--lsm-mount-context requires at least CRIU 3.16');
}

/** Has criu make the processes; answers the first one's pid. It is a child of this process. */
async function runCriu(
  options: RestoreOptions,
  state: ContainerState,
  { directory, cgroup }: { readonly directory: string; readonly cgroup: Cgroup },
): Promise<number> {
  const { criu, imagePath, workPath, spec } = options;
  const root = `${directory}/${criuRoot}`;
  const { inherited, joined } = namespacesToJoin(spec);
  const images = openFile(imagePath, openDirectory);
  const workDirectory = workPath ? openWork(workPath) : undefined;
  const namespaces = failingAs('a namespace of the configuration must exist', () =>
    inherited.map(({ path }) => openFile(path, Open.read)),
  );
  const { tasks, birthplace } = cgroup.openEntry();
  makeDirectory(root);
  const [bind, recursive, detach] = [0x1000, 0x4000, 2];
  syscall('mount', [state.rootfs, root, '', bind | recursive, null], `mount ${state.rootfs} on ${root}`);
  let pid = 0;
  try {
    await work({
      criu,
      type: 'RESTORE',
      stdio: true,
      inherited: namespaces,
      cgroup: { tasks, birthplace },
      options: (criuPid) => ({
        ...restoreOptions(options, state, root),
        imagesDirFd: images,
        ...(workDirectory === undefined ? {} : { workDirFd: workDirectory }),
        cgroupRoots: cgroupRoots(criuPid),
        joinNs: joined,
        inheritFd: [...inherited.map(({ key }, index) => ({ key, fd: firstInherited + index })), ...pipesOf(imagePath)],
      }),
      workPath,
      notified: async (notification) => {
        if (notification.script === 'post-restore') pid = notification.pid;
        else await answer(notification, options, state);
      },
    });
    return pid;
  } finally {
    trySyscall('umount2', root, detach);
    removeEmptyDirectory(root);
    for (const descriptor of [images, workDirectory, birthplace]) if (descriptor !== undefined) closeFile(descriptor);
  }
}

/** criu wants a root that is a mount point, and whose parent nothing is mounted on. */
const criuRoot = 'criu-root';
/** Behind stdio and criu's socket. */
const firstInherited = 4;

function restoreOptions(options: RestoreOptions, state: ContainerState, root: string): Options {
  const { spec } = options;
  const config = state.annotations['org.criu.config'] ?? '/etc/criu/runc.conf';
  return {
    evasiveDevices: true,
    logLevel: 4,
    logFile: 'restore.log',
    restoreSibling: true,
    root,
    manageCgroups: true,
    notifyScripts: true,
    shellJob: options.shellJob,
    extUnixSk: options.extUnixSk,
    tcpEstablished: options.tcpEstablished,
    fileLocks: options.fileLocks,
    emptyNs: options.emptyNs,
    orphanPtsMaster: true,
    autoDedup: options.autoDedup,
    lazyPages: options.lazyPages,
    ...(options.manageCgroupsMode === undefined ? {} : { manageCgroupsMode: options.manageCgroupsMode }),
    ...(options.lsmProfile ? { lsmProfile: options.lsmProfile } : {}),
    ...(options.lsmMountContext ? { lsmMountContext: options.lsmMountContext } : {}),
    ...(config === '' ? {} : { configFile: config }),
    externalMounts: [
      ...hostMounts(spec, state.cgroupPaths, cgroupMounts),
      ...(spec.linux?.maskedPaths?.length ? [{ key: '/dev/null', val: '/dev/null' }] : []),
    ],
  };
}

/** Where criu is in each hierarchy: what it restores shall be there too, whatever the name was that it was dumped under. */
function cgroupRoots(pid: number): NonNullable<Options['cgroupRoots']> {
  return readText(`/proc/${pid}/cgroup`)
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const [, names = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      // Without a controller it is the root of those that are not named, such as the unified hierarchy.
      return names === '' ? [{ path }] : names.split(',').map((controller) => ({ controller, path }));
    });
}

/** Pipes that were the stdio: this process's own take their places. */
function pipesOf(imagePath: string): { readonly key: string; readonly fd: number }[] {
  const names: unknown = JSON.parse(readText(`${imagePath}/${descriptorsFile}`));
  if (!Array.isArray(names)) throw new Failure(`${imagePath}/${descriptorsFile} is no list`);
  return names.flatMap((name: unknown, fd) => (String(name).includes('pipe:') ? [{ key: String(name), fd }] : []));
}

async function answer({ script, pid, descriptors }: Notification, options: RestoreOptions, state: ContainerState) {
  if (script === 'setup-namespaces') {
    const creating = ociState({ ...state, pid }, 'creating');
    await runHooks(state.hooks, 'prestart', { state: creating });
    await runHooks(state.hooks, 'createRuntime', { state: creating });
  }
  const [master] = descriptors;
  if (script === 'orphan-pts-master' && master !== undefined && options.console !== undefined)
    sendDescriptors(options.console, Buffer.from('orphan-pts-master'), [master]);
}
