/** Namespaces: new ones are flags of the clone that starts the child, existing ones are joined by the child. */
import { errnoText } from '@drydock/linux/errno';
import { Memory, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Namespace } from '@drydock/oci/runtime-spec';
import { Clone, Ioctl } from './constants.ts';
import type { Host } from './host.ts';

/** The specification's types with the kernel's flags, in the order of joining: the mounts last, they hide the host. */
export const namespaceFlags = {
  network: Clone.CLONE_NEWNET,
  ipc: Clone.CLONE_NEWIPC,
  uts: Clone.CLONE_NEWUTS,
  pid: Clone.CLONE_NEWPID,
  cgroup: Clone.CLONE_NEWCGROUP,
  mount: Clone.CLONE_NEWNS,
} as const;

export type NamespaceType = keyof typeof namespaceFlags;

/**
 * The flags of the namespaces that the clone makes. The cgroup namespace is not one of them: its root is the cgroup that
 * a process is in when it makes it.
 */
export function cloneFlags(namespaces: readonly Namespace[]): number {
  return namespaces
    .filter(({ type, path }) => !path && type !== 'cgroup' && (type ?? '') in namespaceFlags)
    .reduce((bits, { type }) => bits | namespaceFlags[type as NamespaceType].value, 0);
}

/** Joins and makes what the clone did not. */
export function compileNamespaces(program: Program, namespaces: readonly Namespace[], host: Host): void {
  program.stage('namespaces', 'linux.namespaces');
  for (const [type, flag] of Object.entries(namespaceFlags)) {
    const wanted = namespaces.find((namespace) => namespace.type === type);
    const descriptor = host.descriptors.namespaces[type];
    // The launcher has joined the PID namespace: it holds for children alone.
    if (descriptor !== undefined && type !== 'pid') {
      const failure = (errno: number) => `failed to setns into ${type} namespace: ${errnoText(errno)}`;
      program.call('setns', [descriptor, flag], { failure });
    } else if (type === 'cgroup' && wanted && !wanted.path) {
      program.call('unshare', [flag], { failure: 'unshare cgroup namespace' });
    }
  }
  if (namespaces.some(({ type, path }) => type === 'network' && !path)) raiseLoopback(program);
}

/** A new network namespace has a loopback interface that is down (netdevice(7)). */
function raiseLoopback(program: Program): void {
  const [inet, datagram, cloexec] = [2, 2, 0o2000000];
  const [up, running] = [0x1, 0x40];
  const socket = new Slot('socket');
  const request = new Memory('{lo, IFF_UP|IFF_RUNNING}', 40, [[16, up | running]]);
  request.bytes.set(Buffer.from('lo'));
  program.call('socket', [inet, datagram | cloexec, 0], { store: socket, failure: 'socket' });
  program.call('ioctl', [socket, Ioctl.SIOCSIFFLAGS, request], { failure: 'bring up lo' });
  program.call('close', [socket]);
}
