/** Another process in a running container: it joins the namespaces of the first one, and executes at once. */
import { errnoText } from '@drydock/linux/errno';
import { Program } from '@drydock/linux/program/program';
import type { Process } from '@drydock/oci/runtime-spec';
import { compileBegin } from './begin.ts';
import { compileExecute, compileLookUp } from './command.ts';
import { compileConsole } from './console.ts';
import { flags } from './constants.ts';
import { environment } from './create.ts';
import { compileSession, markCloseOnExec } from './descriptors.ts';
import type { Host } from './host.ts';
import { compileIdentity } from './identity.ts';
import { compileProcessSettings } from './kernel-settings.ts';
import { becomeRoot, type NamespaceType, namespaceFlags, secondChild } from './namespaces.ts';
import { compileFinalAffinity, type Machine } from './scheduling.ts';
import { compileSeccomp, newListener } from './seccomp.ts';
import { tellParent } from './sync.ts';

export interface ExecPlan {
  readonly process: Process;
  /** Descriptor of the first process (pidfd_open(2)), whose namespaces are joined; the launcher joins the PID namespace. */
  readonly container: number;
  /** The types of namespaces that the container has of its own. */
  readonly namespaces: readonly string[];
  /** What holds for every process of the container. */
  readonly machine: Machine;
  readonly preserved: number;
  /** What is wrong with the command, to be said if it cannot be executed. */
  readonly finding: string;
}

/** Compiles an exec. A pure function. */
export function compileExec(
  { process, container, namespaces, machine, preserved, finding }: ExecPlan,
  host: Host,
): Program {
  const { descriptors } = host;
  const program = new Program();
  compileBegin(program, host);
  compileProcessSettings(program, process, { oomScoreAdj: host.oomScoreAdj, isFirst: false });
  joinContainer(program, { container, namespaces, report: descriptors.report });
  compileSession(program);
  if (process.terminal && descriptors.console !== undefined)
    compileConsole(program, { socket: descriptors.console, size: process.consoleSize, mount: false });
  compileFinalAffinity(program, process);
  compileIdentity(program, { process, machine, host, keyring: undefined });
  const env = environment(process.env ?? [], host.home);
  const command = compileLookUp(program, process.args ?? [], env);
  markCloseOnExec(program, preserved);
  program.stage('start');
  const listens = ((host.seccomp?.flags ?? 0) & newListener) !== 0;
  if (process.noNewPrivileges && listens) compileSeccomp(program, host);
  // The pipe ends where the command begins, and exec's parent waits for that.
  tellParent(program, descriptors.report, 'ready');
  if (process.noNewPrivileges && !listens) compileSeccomp(program, host);
  compileExecute(program, command, { args: process.args ?? [], env }, `${finding}\n`);
  return program;
}

export interface JoinOptions {
  /** Descriptor of a process (pidfd_open(2)). */
  readonly container: number;
  /** The types of namespaces to join, by the specification's names. */
  readonly namespaces: readonly string[];
  readonly report: number;
}

/**
 * All namespaces at once; the working directory is the container's root then. The launcher has joined the PID namespace,
 * unless a user namespace gives the right to: then a child of the child goes on in it.
 */
export function joinContainer(program: Program, { container, namespaces, report }: JoinOptions): void {
  program.stage('namespaces', 'linux.namespaces');
  const user = namespaces.includes('user');
  const types = Object.keys(namespaceFlags).filter((type) => namespaces.includes(type) && (user || type !== 'pid'));
  program.call('setns', [container, flags(...types.map((type) => namespaceFlags[type as NamespaceType]))], {
    failure: (errno) => `failed to setns into the container's namespaces: ${errnoText(errno)}`,
  });
  program.call('close', [container]);
  if (!user) return;
  becomeRoot(program);
  secondChild(program, flags(), report);
}
