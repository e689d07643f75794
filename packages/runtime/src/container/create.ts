/** Makes a container: everything up to the point where its command could be executed (runtime.md, "create"). */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { cleanPath, type Hierarchies, parseHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { cgroupAt } from '@drydock/linux/cgroups/open';
import { closeFile, fileStatus, Open, openFile, readText } from '@drydock/linux/disk';
import { notifies } from '@drydock/linux/seccomp/profile';
import { syscall } from '@drydock/linux/syscall';
import type { Spec } from '@drydock/oci/runtime-spec';
import type { Log } from '../cli/log.ts';
import { unavailableCapabilities } from '../compile/capabilities.ts';
import { compileCreate, hasCreateHooks } from '../compile/create.ts';
import type { CreateDescriptors, Host } from '../compile/host.ts';
import { cloneFlags, makesUserNamespace, needsTwoChildren } from '../compile/namespaces.ts';
import { validateSpec } from '../compile/validate.ts';
import { Failure, failingAs, failingAsync } from '../failure.ts';
import { runHooks } from '../hooks/run.ts';
import { makeCgroup, startInCgroup } from './cgroup.ts';
import { checkId, lockDirectory, ociState } from './container.ts';
import { copiedFiles } from './copied-files.ts';
import { behind, checkPreserved } from './descriptors.ts';
import { destroy } from './destroy.ts';
import {
  cgroupDirectories,
  mountOf,
  needsHome,
  processFacts,
  seccompFacts,
  sourceFacts,
  targetModes,
} from './facts.ts';
import { findingAbout } from './finding.ts';
import { writeFinding } from './finding-file.ts';
import { homeOf } from './home.ts';
import { checkIds } from './ids.ts';
import { makePipe } from './init.ts';
import { checkLabel } from './labels.ts';
import { openNamespaces } from './namespaces.ts';
import type { Observer } from './observer.ts';
import { writePidFile } from './pid-file.ts';
import { sendProcess } from './pidfd-socket.ts';
import { prepareMounts } from './prepared-mounts.ts';
import { processStat } from './process.ts';
import { checkRootless } from './rootless.ts';
import { writeFilter } from './seccomp-file.ts';
import { type ContainerState, makeStateDirectory, writeState } from './state.ts';
import type { Scope } from './systemd.ts';
import { hasUserNamespace, writeMappings } from './user-namespace.ts';

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

interface StartOptions extends CreateOptions {
  readonly rootfs: string;
  readonly directory: string;
  readonly state: ContainerState;
  readonly cgroup: Cgroup;
  /** What systemd is to make. */
  readonly scope: Scope | undefined;
  readonly mountinfo: string;
  readonly hierarchies: Hierarchies;
}

interface Started {
  readonly pid: number;
  readonly cgroup: Cgroup;
}

/** The cgroup, the child, the hooks in between. The child is killed if something fails. */
async function startInit(options: StartOptions): Promise<Started> {
  const { spec, directory, id, state, log } = options;
  checkIds(spec.process?.user);
  const { preserved, observer } = options;
  observer?.mark?.('check, make the state directory');
  const { startScope } = options.scope ? await import('./systemd.ts') : {};
  const letGo = options.scope && startScope?.(options.scope, spec, options.cgroup.version);
  const cgroup = makeCgroup(options.cgroup, spec, options);
  observer?.mark?.('make the cgroup');
  const { namespaces: wanted = [], uidMappings = [], gidMappings = [] } = spec.linux ?? {};
  const twoChildren = needsTwoChildren(wanted);
  const namespaces = openNamespaces(wanted, preserved);
  const report = makePipe(preserved);
  const go =
    hasCreateHooks(spec) || makesUserNamespace(wanted) || notifies(spec.linux?.seccomp ?? {})
      ? makePipe(preserved)
      : undefined;
  const fifo = behind(preserved, makeFifo(`${directory}/exec.fifo`));
  const entry = cgroup.openEntry();
  const tasks = entry.tasks.map((descriptor) => behind(preserved, descriptor));
  const console = options.console === undefined ? undefined : behind(preserved, options.console);
  const prepared = await prepareMounts(spec, preserved);
  const steps = observer?.step ? makePipe(preserved) : undefined;
  const host = gatherHost(
    { ...options, cgroup, prepared },
    {
      report: report.write,
      go: go?.read,
      step: steps?.read,
      fifo,
      console,
      tasks,
      namespaces,
    },
  );
  const missing = unavailableCapabilities(spec.process?.capabilities ?? {}, host.boundingSet);
  if (missing.length > 0) log.warning(`ignoring unknown or unavailable capabilities: [${missing.join(' ')}]`);
  writeFilter(directory, host.seccomp);
  const compiled = compileCreate({ spec, rootfs: options.rootfs, options }, host);
  observer?.mark?.('gather facts, compile');
  const program = observer?.observe(compiled, host.descriptors) ?? compiled;
  const keep = [
    ...[...prepared.values()].map(({ descriptor }) => descriptor),
    fifo,
    ...tasks,
    ...Object.values(namespaces),
    ...(console === undefined ? [] : [console]),
  ];
  const init = startInCgroup(cgroup, entry.birthplace, {
    program,
    machine: host.machine,
    title: ['drydock-runtime', 'init', id],
    namespaces: cloneFlags(wanted),
    pidNamespace: twoChildren ? undefined : namespaces.pid,
    handsOver: twoChildren,
    preserved,
    keep,
    report,
    go,
    steps: steps && { pipe: steps, cloneAt: compiled.operations.findIndex(({ call }) => call === 'clone') },
  });
  letGo?.();
  try {
    const explainDeath = (exitCode: number) =>
      cgroup.oomKills() > 0
        ? 'container init was OOM-killed (memory limit too low?)'
        : `error during container init: it ended with exit code ${exitCode} before it was ready`;
    for (;;) {
      const milestone = init.next(explainDeath);
      if (milestone === 'ready') break;
      if (milestone === 'step') {
        observer?.step?.(init);
        init.step();
        continue;
      }
      if (milestone === 'mappings') await writeMappings(init.pid, { uids: uidMappings, gids: gidMappings });
      else if (milestone === 'listener') {
        const { sendListener } = await import('./seccomp-listener.ts');
        sendListener(init, spec.linux?.seccomp ?? {}, ociState({ ...state, pid: init.pid }, 'creating'));
      } else {
        await moveDevices(init.pid, spec);
        await runCreateHooks(spec, { ...state, pid: init.pid });
      }
      init.proceed();
    }
    observer?.ready?.(init);
    return { pid: init.pid, cgroup };
  } catch (error) {
    init.kill();
    throw error;
  } finally {
    init.close();
    for (const descriptor of keep) closeFile(descriptor);
  }
}

async function moveDevices(pid: number, { linux: { netDevices = {} } = {} }: Spec): Promise<void> {
  if (Object.keys(netDevices).length === 0) return;
  const { moveNetDevices } = await import('./net-devices.ts');
  moveNetDevices(pid, netDevices);
}

async function runCreateHooks({ hooks = {} }: Spec, state: ContainerState): Promise<void> {
  await failingAsync('error during container init', async () => {
    const creating = ociState(state, 'creating');
    await runHooks(hooks, 'prestart', { state: creating });
    await runHooks(hooks, 'createRuntime', { state: creating });
    await runHooks(hooks, 'createContainer', {
      state: creating,
      inside: { pid: state.pid, namespaces: Object.keys(state.namespaces) },
    });
  });
}

function gatherHost(
  options: StartOptions & Pick<Host, 'prepared'>,
  descriptors: CreateDescriptors,
): Host<CreateDescriptors> {
  const { spec, rootfs, root, mountinfo, hierarchies, cgroup } = options;
  const { process = {}, mounts = [] } = spec;
  return {
    ...processFacts({ entered: hasUserNamespace(spec.linux?.namespaces ?? []) }),
    descriptors,
    cgroup: { version: hierarchies.version, directories: cgroupDirectories(hierarchies, cgroup) },
    rootParent: mountOf(rootfs, mountinfo),
    sources: sourceFacts(mounts),
    prepared: options.prepared,
    copied: copiedFiles(rootfs, spec),
    modes: targetModes(rootfs, mounts),
    home: needsHome(process) ? homeOf(process.user?.uid ?? 0, rootfs, mounts) : '',
    seccomp: failingAs('unable to init seccomp', () => seccompFacts(spec.linux?.seccomp, root)),
  };
}

/** The FIFO that parts create from start, open for both directions. */
function makeFifo(path: string): number {
  syscall('mknodat', [-100, path, 0o010600, 0], `mkfifo ${path}`);
  return openFile(path, Open.readWrite);
}

/** The state of a container that has no process yet. */
export function initialState(
  { id, bundle, spec }: Pick<CreateOptions, 'id' | 'bundle' | 'spec'>,
  rootfs: string,
  cgroup: Cgroup,
): ContainerState {
  return {
    id,
    pid: 0,
    startTime: 0,
    // Without zeros at the end, as Go writes a time.
    created: new Date().toISOString().replace(/\.?0+Z$/, 'Z'),
    ociVersion: spec.ociVersion ?? '',
    bundle,
    rootfs,
    annotations: spec.annotations ?? {},
    cgroupPaths: cgroup.paths,
    namespaces: Object.fromEntries((spec.linux?.namespaces ?? []).map(({ type = '', path = '' }) => [type, path])),
    hooks: spec.hooks ?? {},
    uidMappings: spec.linux?.uidMappings ?? [],
    gidMappings: spec.linux?.gidMappings ?? [],
    seccompListener: listenerOf(spec),
    machine: {
      ...(spec.linux?.personality ? { personality: spec.linux.personality } : {}),
      ...(spec.linux?.memoryPolicy ? { memoryPolicy: spec.linux.memoryPolicy } : {}),
    },
  };
}

/** Where the descriptor of the filter's reports goes, for processes that are started later too. */
function listenerOf({ linux: { seccomp = {} } = {} }: Spec): ContainerState['seccompListener'] {
  const { listenerPath, listenerMetadata = '' } = seccomp;
  return notifies(seccomp) && listenerPath ? { listenerPath, listenerMetadata } : undefined;
}

/** The root filesystem's path; a relative one is relative to the bundle. */
export function absoluteRootfs(bundle: string, { root }: Spec): string {
  const path = root?.path ?? '';
  return cleanPath(path.startsWith('/') ? path : `${bundle}/${path}`);
}
