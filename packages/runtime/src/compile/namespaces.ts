/**
 * Namespaces. Without a user or time namespace, new ones are flags of the clone that starts the child, and existing ones
 * are joined by the child. A user namespace has to be there before the namespaces that it shall own, and its ids before
 * anybody can be root in it; offsets of a time namespace are set before its first process. Then there are two children:
 *
 *     first: joins what is given by path, makes the user namespace ─▶ the parent writes the mappings
 *            is root in it, makes the time namespace
 *            clone (CLONE_PARENT, the other new namespaces) ─▶ second: goes on as the container's first process
 *            {1, pid}, exit
 */
import { Errno, errnoText } from '@drydock/linux/errno';
import { Memory, type Named, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Linux, Namespace } from '@drydock/oci/runtime-spec';
import { Clone, flags, Ioctl, Pr } from './constants.ts';
import type { Host } from './host.ts';
import { writeFile } from './kernel-settings.ts';
import { awaitParent, tellParent, tellPid } from './sync.ts';

/** The specification's types with the kernel's flags, in the order of joining: the mounts last, they hide the host. */
export const namespaceFlags = {
  user: Clone.CLONE_NEWUSER,
  network: Clone.CLONE_NEWNET,
  ipc: Clone.CLONE_NEWIPC,
  uts: Clone.CLONE_NEWUTS,
  time: Clone.CLONE_NEWTIME,
  pid: Clone.CLONE_NEWPID,
  cgroup: Clone.CLONE_NEWCGROUP,
  mount: Clone.CLONE_NEWNS,
} as const;

export type NamespaceType = keyof typeof namespaceFlags;

const isType = (type = ''): type is NamespaceType => type in namespaceFlags;

/** Whether the container's first process is the child of a child. */
export function needsTwoChildren(namespaces: readonly Namespace[]): boolean {
  return namespaces.some(({ type, path }) => type === 'user' || (type === 'time' && !path));
}

/** Whether the parent has to write mappings. */
export function makesUserNamespace(namespaces: readonly Namespace[]): boolean {
  return namespaces.some(({ type, path }) => type === 'user' && !path);
}

/** The flags of the namespaces that the first clone makes. */
export function cloneFlags(namespaces: readonly Namespace[]): number {
  return needsTwoChildren(namespaces) ? 0 : Number(newFlags(namespaces).value);
}

/**
 * The new namespaces that a clone makes. The cgroup namespace is not one of them: its root is the cgroup that a process is
 * in when it makes it.
 */
function newFlags(namespaces: readonly Namespace[]): Named {
  const made = namespaces.filter(({ type, path }) => !path && !['cgroup', 'user', 'time'].includes(type ?? ''));
  return flags(...made.flatMap(({ type }) => (isType(type) ? [namespaceFlags[type]] : [])));
}

/** Joins and makes what the clone did not. */
export function compileNamespaces(program: Program, linux: Linux, host: Host): void {
  const { namespaces = [] } = linux;
  program.stage('namespaces', 'linux.namespaces');
  if (needsTwoChildren(namespaces)) compileFirstChild(program, linux, host);
  else for (const type of joined(host)) if (type !== 'pid') join(program, type, host);
  if (namespaces.some(({ type, path }) => type === 'cgroup' && !path))
    program.call('unshare', [Clone.CLONE_NEWCGROUP], { failure: 'unshare cgroup namespace' });
  if (namespaces.some(({ type, path }) => type === 'network' && !path)) raiseLoopback(program);
}

/** The types that are given by path, in the order of joining. The launcher has joined the PID namespace of one child. */
function joined({ descriptors }: Host): readonly NamespaceType[] {
  return Object.keys(namespaceFlags)
    .filter(isType)
    .filter((type) => descriptors.namespaces[type] !== undefined);
}

function join(program: Program, type: NamespaceType, host: Host, options: Parameters<Program['call']>[2] = {}): void {
  program.call('setns', [host.descriptors.namespaces[type] ?? -1, namespaceFlags[type]], {
    ...options,
    failure: (errno) => `failed to setns into ${type} namespace: ${errnoText(errno)}`,
  });
}

function compileFirstChild(program: Program, linux: Linux, host: Host): void {
  const { namespaces = [] } = linux;
  const { report, go } = host.descriptors;
  const user = namespaces.find(({ type }) => type === 'user');
  if (user?.path) joinAroundUser(program, host);
  else for (const type of joined(host)) join(program, type, host);
  if (user && !user.path && go !== undefined) {
    // Without root, the parent may write the mappings only while the child's files of /proc are its own.
    program.call('prctl', [Pr.PR_SET_DUMPABLE, 1, 0, 0, 0]);
    program.call('unshare', [Clone.CLONE_NEWUSER], {
      failure: (errno) => `error during container init: unshare user namespace: ${errnoText(errno)}`,
    });
    program.field('linux.uidMappings');
    tellParent(program, report, 'mappings');
    awaitParent(program, go);
  }
  if (user) becomeRoot(program);
  if (namespaces.some(({ type, path }) => type === 'time' && !path)) makeTimeNamespace(program, linux);
  program.field('linux.namespaces');
  secondChild(program, newFlags(namespaces), report);
}

/**
 * Those that the user namespace does not own have to be joined before it, those that only it gives the right to, after: what
 * is refused before is tried again.
 */
function joinAroundUser(program: Program, host: Host): void {
  const others = joined(host).filter((type) => type !== 'user');
  const results = others.map((type) => ({ type, result: new Slot(`joined ${type}`) }));
  for (const { type, result } of results) join(program, type, host, { store: result, tolerate: [Errno.EPERM] });
  join(program, 'user', host);
  for (const { type, result } of results) {
    const done = program.label();
    const memory = new Memory(`joined ${type}`, 8, [[0, result]]);
    program.call('compare', [memory, -1, 0, 1], { onZero: done });
    join(program, type, host);
    program.place(done);
  }
}

/** Root of the user namespace: until then the process has an id that the namespace has no name for. */
export function becomeRoot(program: Program): void {
  program.field('linux.uidMappings');
  const fails = (call: string) => (errno: number) =>
    `error during container init: ${call} in the user namespace: ${errnoText(errno)}`;
  program.call('setresgid', [0, 0, 0], { failure: fails('setgid 0') });
  program.call('setresuid', [0, 0, 0], { failure: fails('setuid 0') });
  // Who may only map its own group may not leave its other ones (user_namespaces(7)).
  program.call('setgroups', [0, 0], { tolerate: [Errno.EPERM] });
  program.call('prctl', [Pr.PR_SET_DUMPABLE, 0, 0, 0, 0]);
}

/** A time namespace holds for children; its offsets can be set until there is one (time_namespaces(7)). */
function makeTimeNamespace(program: Program, { timeOffsets = {} }: Linux): void {
  program.call('unshare', [Clone.CLONE_NEWTIME], {
    failure: (errno) => `error during container init: unshare time namespace: ${errnoText(errno)}`,
  });
  program.field('linux.timeOffsets');
  const lines = Object.entries(timeOffsets).map(
    ([clock, { secs = 0, nanosecs = 0 }]) => `${clock} ${secs} ${nanosecs}\n`,
  );
  if (lines.length === 0) return;
  program.call('prctl', [Pr.PR_SET_DUMPABLE, 1, 0, 0, 0]);
  writeFile(program, '/proc/self/timens_offsets', lines.join(''));
  program.call('prctl', [Pr.PR_SET_DUMPABLE, 0, 0, 0, 0]);
}

/** Goes on in a child of the parent's, which the parent is told of. */
export function secondChild(program: Program, namespaces: Named, report: number): void {
  const pid = new Slot('pid');
  const goesOn = program.label();
  const sigchld = { value: 17, text: 'SIGCHLD' };
  program.call('clone', [flags(Clone.CLONE_PARENT, namespaces, sigchld), 0, 0, 0, 0], {
    store: pid,
    onZero: goesOn,
    failure: (errno) => `error during container init: clone: ${errnoText(errno)}`,
  });
  tellPid(program, report, pid);
  program.call('exit_group', [0]);
  program.place(goesOn);
}

/** A new network namespace has a loopback interface that is down (netdevice(7)). */
function raiseLoopback(program: Program): void {
  const inet = { value: 2, text: 'AF_INET' };
  const datagram = { value: 2 | 0o2000000, text: 'SOCK_DGRAM|SOCK_CLOEXEC' };
  const [up, running] = [0x1, 0x40];
  const socket = new Slot('socket');
  const request = new Memory('{lo, IFF_UP|IFF_RUNNING}', 40, [[16, up | running]]);
  request.bytes.set(Buffer.from('lo'));
  program.call('socket', [inet, datagram, 0], { store: socket, failure: 'socket' });
  program.call('ioctl', [socket, Ioctl.SIOCSIFFLAGS, request], { failure: 'bring up lo' });
  program.call('close', [socket]);
}
