/** A container's first process, from the clone to its command: the stages in their order. */
import { errnoText } from '@drydock/linux/errno';
import { Program } from '@drydock/linux/program/program';
import { notifies } from '@drydock/linux/seccomp/profile';
import type { Spec } from '@drydock/oci/runtime-spec';
import { compileBegin } from './begin.ts';
import { compileExecute, compileLookUp } from './command.ts';
import { compileConsole } from './console.ts';
import { AT_FDCWD, Pr } from './constants.ts';
import { closeAllBut, compileNullDevices, compileSession, markCloseOnExec } from './descriptors.ts';
import { compileDevices } from './devices.ts';
import type { CreateDescriptors, Host, StartOptions } from './host.ts';
import { compileIdentity } from './identity.ts';
import { compileNamespaceSettings, compileProcessSettings } from './kernel-settings.ts';
import { remountReadOnly } from './mount.ts';
import { compileMounts } from './mounts.ts';
import { compileNamespaces, makesUserNamespace } from './namespaces.ts';
import { openTarget } from './paths.ts';
import { compileMaskedPaths, compileReadOnlyPaths } from './restrict.ts';
import { compileChangeRoot, compileRoot, compileRootPropagation } from './root.ts';
import { compileSeccomp, newListener } from './seccomp.ts';
import { awaitParent, awaitStart, tellParent, tellReady } from './sync.ts';

/** A validated configuration with what its paths are relative to. */
export interface ContainerPlan {
  readonly spec: Spec;
  /** The root filesystem, absolute. */
  readonly rootfs: string;
  readonly options: StartOptions;
}

/** Compiles a container. A pure function: the same plan and host give the same program. */
export function compileCreate({ spec, rootfs, options }: ContainerPlan, host: Host<CreateDescriptors>): Program {
  const { descriptors } = host;
  const process = spec.process ?? {};
  const linux = spec.linux ?? {};
  const namespaces = linux.namespaces ?? [];
  const mounts = spec.mounts ?? [];
  const propagation = linux.rootfsPropagation ?? '';
  const program = new Program();

  compileBegin(program, host);
  // While this is still the host's root, and /proc/self its own.
  compileProcessSettings(program, process, { oomScoreAdj: host.oomScoreAdj, isFirst: true });
  compileNamespaces(program, linux, host);
  compileSession(program);
  compileNamespaceSettings(program, spec);

  const root = compileRoot(program, rootfs, propagation, host);
  const cgroupNamespace = namespaces.some(({ type, path }) => type === 'cgroup' && !path);
  const { readOnlyLater } = compileMounts(program, {
    mounts,
    rootfs,
    root,
    host,
    cgroupNamespace,
    label: linux.mountLabel,
  });
  if (!hasOwnDev(spec)) compileDevices(program, root, linux.devices ?? [], host);
  if (descriptors.go !== undefined && hasCreateHooks(spec)) {
    program.stage('hooks', 'hooks');
    // Hooks join this process's namespaces.
    const [visible, hidden] = [1, 0];
    if (host.rootless) program.call('prctl', [Pr.PR_SET_DUMPABLE, visible, 0, 0, 0]);
    tellParent(program, descriptors.report, 'hooks');
    awaitParent(program, descriptors.go);
    if (host.rootless) program.call('prctl', [Pr.PR_SET_DUMPABLE, hidden, 0, 0, 0]);
  }
  compileChangeRoot(program, root, options);
  const { report, go, fifo, console, step } = descriptors;
  closeAllBut(program, [report, go, fifo, console, step], options.preserved);
  compileNullDevices(program, host);

  if (process.terminal && descriptors.console !== undefined)
    compileConsole(program, { socket: descriptors.console, size: process.consoleSize, mount: true });
  makeWorkingDirectory(program, process.cwd ?? '/');
  program.stage('restrict', 'mounts');
  for (const path of readOnlyLater) remountReadOnly(program, path, `make ${path} read-only`);
  program.field('root.readonly');
  if (spec.root?.readonly) remountReadOnly(program, '/', 'make the root filesystem read-only');
  compileReadOnlyPaths(program, linux.readonlyPaths ?? []);
  compileMaskedPaths(program, linux.maskedPaths ?? [], linux.mountLabel);
  // Last: what is unbindable cannot be covered by a copy of itself.
  compileRootPropagation(program, propagation);

  const keyring = options.newKeyring ? `_ses.${options.id}` : undefined;
  compileIdentity(program, { process, machine: linux, host, keyring });
  const env = environment(process.env ?? [], host.home);
  const command = compileLookUp(program, process.args ?? [], env);
  markCloseOnExec(program, options.preserved);
  program.stage('start');
  // Whoever listens gets the descriptor from the runtime, which is gone when the container is started.
  const listens = ((host.seccomp?.flags ?? 0) & newListener) !== 0;
  if (process.noNewPrivileges && listens) compileSeccomp(program, host);
  // Who is not root may join the namespaces of what it could trace: exec, explain and hooks do while this process waits.
  if (host.rootless) program.call('prctl', [Pr.PR_SET_DUMPABLE, 1, 0, 0, 0]);
  tellReady(program, descriptors.report);
  const lineEnd = awaitStart(program, descriptors.fifo);
  if (process.noNewPrivileges && !listens) compileSeccomp(program, host);
  compileExecute(program, command, { args: process.args ?? [], env }, lineEnd);
  return program;
}

/** Whether the child waits for its parent on the way: see sync.ts. */
export function waitsForParent(spec: Spec): boolean {
  const { namespaces = [], seccomp = {} } = spec.linux ?? {};
  return hasCreateHooks(spec) || makesUserNamespace(namespaces) || notifies(seccomp);
}

/** Whether the parent has something to do while the child waits: hooks to run, network devices to move. */
function hasCreateHooks({ hooks = {}, linux = {} }: Spec): boolean {
  if (Object.keys(linux.netDevices ?? {}).length > 0) return true;
  return [hooks.prestart, hooks.createRuntime, hooks.createContainer].some((each) => each?.length);
}

/** HOME is that of the user unless the configuration names one. */
export function environment(env: readonly string[], home: string): readonly string[] {
  return env.some((variable) => /^HOME=./.test(variable)) ? env : [...env.filter((v) => v !== 'HOME='), `HOME=${home}`];
}

/** Whether /dev is a directory of the host, which is not to be filled with nodes. */
function hasOwnDev({ mounts = [] }: Spec): boolean {
  return mounts.some(
    ({ destination = '', type, options = [] }) =>
      /^\/?dev\/*$/.test(destination) && (type === 'bind' || options.includes('bind') || options.includes('rbind')),
  );
}

function makeWorkingDirectory(program: Program, cwd: string): void {
  program.stage('command', 'process.cwd');
  const failure = (op: string, errno: number) =>
    `error during container init: ${op.replace(/^open/, 'mkdir')}: ${errnoText(errno)}`;
  const directory = openTarget(program, { root: AT_FDCWD, path: cwd, kind: 'directory', failure });
  program.call('close', [directory]);
}
