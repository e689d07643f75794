/**
 * Hands the descriptor that a container's seccomp filter reports calls on to whoever listens: one message on a unix socket, with
 * the specification's "container process state" and the descriptor (config-linux.md, "Seccomp").
 */
import { sendDescriptors } from '@drydock/linux/descriptor-message';
import { closeFile } from '@drydock/linux/disk';
import { syscall } from '@drydock/linux/syscall';
import type { Seccomp, State } from '@drydock/oci/runtime-spec';
import { specVersion } from '@drydock/oci/runtime-spec';
import { failingAs } from '../failure.ts';
import type { InitProcess } from './init.ts';
import { openProcess } from './process.ts';
import { connectUnix } from './unix-socket.ts';

/** Throws {@link Failure} if nobody listens. */
export function sendListener(
  { pid, listener }: InitProcess,
  { listenerPath = '', listenerMetadata }: Pick<Seccomp, 'listenerPath' | 'listenerMetadata'>,
  state: State,
): void {
  const message = {
    ociVersion: specVersion,
    fds: ['seccompFd'],
    pid,
    ...(listenerMetadata ? { metadata: listenerMetadata } : {}),
    state,
  };
  const descriptor = takeFrom(pid, listener);
  try {
    const socket = failingAs('failed to connect with seccomp agent specified in the seccomp profile', () =>
      connectUnix(listenerPath),
    );
    try {
      failingAs(`cannot send seccomp fd to ${listenerPath}`, () =>
        sendDescriptors(socket, Buffer.from(JSON.stringify(message)), [descriptor]),
      );
    } finally {
      closeFile(socket);
    }
  } finally {
    closeFile(descriptor);
  }
}

/** A copy of another process's descriptor (pidfd_getfd(2)). */
function takeFrom(pid: number, descriptor: number): number {
  const owner = openProcess(pid);
  try {
    return syscall('pidfd_getfd', [owner, descriptor, 0], `take descriptor ${descriptor} of process ${pid}`);
  } finally {
    closeFile(owner);
  }
}
