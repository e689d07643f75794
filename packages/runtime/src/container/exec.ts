/** Starts another process in a container that runs. */
import { cgroupDirectory, readHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { cgroupFromPaths } from '@drydock/linux/cgroups/open';
import { closeFile, Open, openDirectory, openFile, readText } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError, syscall } from '@drydock/linux/syscall';
import type { Process } from '@drydock/oci/runtime-spec';
import type { Log } from '../cli/log.ts';
import { unavailableCapabilities } from '../compile/capabilities.ts';
import { compileExec } from '../compile/exec.ts';
import { numberList, wordMask } from '../compile/number-list.ts';
import { validateProcess } from '../compile/validate.ts';
import { Failure, failingAs, failingAsync } from '../failure.ts';
import { startInCgroup } from './cgroup.ts';
import type { Container } from './container.ts';
import { behind, checkPreserved } from './descriptors.ts';
import { execHost } from './exec-host.ts';
import { findingAbout } from './finding.ts';
import { checkIds } from './ids.ts';
import { type InitProcess, makePipe } from './init.ts';
import { checkLabel } from './labels.ts';
import { writePidFile } from './pid-file.ts';
import { sendProcess } from './pidfd-socket.ts';
import { openProcess } from './process.ts';
import { subCgroupPaths } from './sub-cgroup.ts';

export interface ExecOptions {
  readonly process: Process;
  readonly log: Log;
  readonly pidFile?: string | undefined;
  readonly console?: number | undefined;
  /** A connected socket for a descriptor of the process. */
  readonly pidfdSocket?: number | undefined;
  /** Cgroups below the container's, by controller; '' is for all. */
  readonly subCgroups?: Readonly<Record<string, string>>;
  readonly preserved: number;
  readonly ignorePaused: boolean;
}

/** Starts it; answers its pid. It is a child of this process until this process ends. */
export async function execInContainer(container: Container, options: ExecOptions): Promise<number> {
  const { status } = container;
  if (status === 'stopped') throw new Failure('cannot exec in a stopped container');
  if (status === 'paused' && !options.ignorePaused)
    throw new Failure('cannot exec in a paused container (use --ignore-paused to override)');
  checkPreserved(options.preserved);
  validateProcess(options.process);
  checkLabel(options.process);
  const paths = subCgroupPaths(container.state.cgroupPaths, options.subCgroups ?? {});
  const init = await failingAsync('unable to start container process', () => startExec(container, options, paths));
  try {
    if (options.pidfdSocket !== undefined) sendProcess(options.pidfdSocket, init.pid, 'setns');
    if (options.pidFile) writePidFile(options.pidFile, init.pid);
  } catch (error) {
    init.kill();
    throw error;
  }
  return init.pid;
}

async function startExec(
  container: Container,
  options: ExecOptions,
  cgroupPaths: Readonly<Record<string, string>>,
): Promise<InitProcess> {
  const { process, log, preserved } = options;
  const { pid } = container;
  checkIds(process.user);
  const isBelow = Object.keys(options.subCgroups ?? {}).length > 0;
  const entry = failingAs('error adding the process to cgroups', () => cgroupFromPaths(cgroupPaths).openEntry());
  const pidfd = behind(preserved, openProcess(pid));
  const namespaces = Object.keys(container.state.namespaces);
  const twoChildren = namespaces.includes('user');
  const pidNamespace = twoChildren ? undefined : openFile(`/proc/${pid}/ns/pid`, Open.read);
  const report = makePipe(preserved);
  const go = container.state.seccompListener ? makePipe(preserved) : undefined;
  const { birthplace } = entry;
  const tasks = entry.tasks.map((descriptor) => behind(preserved, descriptor));
  const console = options.console === undefined ? undefined : behind(preserved, options.console);
  const host = execHost(container, process, {
    report: report.write,
    go: go?.read,
    console,
    tasks,
    namespaces: {},
  });
  const missing = unavailableCapabilities(process.capabilities ?? {}, host.boundingSet);
  if (missing.length > 0) log.warning(`ignoring unknown or unavailable capabilities: [${missing.join(' ')}]`);
  const finding = findingAbout(`/proc/${pid}/root`, process);
  const keep = [pidfd, ...tasks, ...(console === undefined ? [] : [console])];
  const start = (cgroup: number | undefined) =>
    startInCgroup(container.cgroup, cgroup, {
      program: compileExec(
        { process, container: pidfd, namespaces, machine: container.state.machine, preserved, finding },
        host,
      ),
      machine: host.machine,
      title: ['drydock-runtime', 'init', container.id],
      namespaces: 0,
      pidNamespace,
      preserved,
      keep,
      report,
      go,
      handsOver: twoChildren,
    });
  setInitialAffinity(process);
  const init = isBelow ? start(birthplace) : startNear(pid, birthplace, start);
  try {
    const explainDeath = (exitCode: number) =>
      `error during container init: it ended with exit code ${exitCode} before it was ready`;
    while (init.next(explainDeath) === 'listener') {
      const { sendListener } = await import('./seccomp-listener.ts');
      sendListener(init, container.state.seccompListener ?? {}, container.ociState('running'));
      init.proceed();
    }
    init.executed();
    return init;
  } catch (error) {
    init.kill();
    throw error;
  } finally {
    init.close();
    for (const descriptor of [...keep, pidNamespace, birthplace]) if (descriptor !== undefined) closeFile(descriptor);
  }
}

/** The CPUs that the process is on while it goes to the container's cgroup: a child has those of the thread that starts it. */
function setInitialAffinity({ execCPUAffinity }: Process): void {
  const list = execCPUAffinity?.initial;
  if (!list) return;
  const mask = wordMask(numberList(list, 'CPUAffinity.initial'));
  syscall('sched_setaffinity', [0, mask.length, mask], 'error setting initial CPU affinity');
}

/**
 * Starts a process in the container's cgroup of version 2, or where its first process is if that has gone further down: a
 * cgroup that hands controllers on to those below it takes no processes (EBUSY).
 */
function startNear(
  pid: number,
  cgroup: number | undefined,
  start: (cgroup: number | undefined) => InitProcess,
): InitProcess {
  try {
    return start(cgroup);
  } catch (error) {
    if (!(error instanceof SyscallError && error.errno === Errno.EBUSY)) throw error;
    const own = /^0::(.*)$/m.exec(readText(`/proc/${pid}/cgroup`))?.[1];
    const mounted = readHierarchies().list.find(({ name }) => name === '');
    if (own === undefined || mounted === undefined) throw error;
    const directory = openFile(cgroupDirectory(mounted, own), Open.path | openDirectory);
    try {
      return start(directory);
    } finally {
      closeFile(directory);
    }
  }
}
