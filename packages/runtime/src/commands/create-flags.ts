/** The flags that `create`, `run` and `exec` share, and what becomes of them. */

import { readTextIfPresent } from '@drydock/linux/disk';
import { SyscallError, syscall, trySyscall } from '@drydock/linux/syscall';
import { type Process, parseSpec, type Spec } from '@drydock/oci/runtime-spec';
import type { Flag, Flags } from '../cli/flags.ts';
import { connectUnix } from '../container/unix-socket.ts';
import { explain, Failure } from '../failure.ts';

export const bundleFlag: Flag = {
  names: ['bundle', 'b'],
  kind: 'string',
  help: 'path to the root of the bundle directory, defaults to the current directory',
};

export const consoleSocketFlag: Flag = {
  names: ['console-socket'],
  kind: 'string',
  help: "path to an AF_UNIX socket which will receive a file descriptor referencing the master end of the console's pseudoterminal",
};

export const pidfdSocketFlag: Flag = {
  names: ['pidfd-socket'],
  kind: 'string',
  help: 'path to an AF_UNIX socket which will receive a file descriptor of the process',
};

export const pidFileFlag: Flag = {
  names: ['pid-file'],
  kind: 'string',
  help: 'specify the file to write the process id to',
};

export const preserveFdsFlag: Flag = {
  names: ['preserve-fds'],
  kind: 'number',
  help: 'Pass N additional file descriptors to the container (stdio + $LISTEN_FDS + N in total)',
  default: 0,
};

/** Those of `create` and `run`. */
export const createFlags: readonly Flag[] = [
  bundleFlag,
  consoleSocketFlag,
  pidfdSocketFlag,
  pidFileFlag,
  {
    names: ['no-pivot'],
    kind: 'bool',
    help: 'do not use pivot root to jail process inside rootfs.  This should be used whenever the rootfs is on top of a ramdisk',
  },
  {
    names: ['no-new-keyring'],
    kind: 'bool',
    help: 'do not create a new session keyring for the container.  This will cause the container to inherit the calling processes session key',
  },
  preserveFdsFlag,
  {
    names: ['step'],
    kind: 'optional',
    choices: ['stage', 'operation'],
    help: 'stop before each stage or operation, show it, and ask what to do',
  },
  {
    names: ['timings'],
    kind: 'optional',
    choices: ['text', 'json'],
    help: 'print to standard error where the time went, in microseconds',
  },
];

/** Makes the bundle the working directory and reads its configuration. Answers its absolute path. */
export function enterBundle(
  flags: Flags,
  path = flags.text('bundle'),
): { readonly bundle: string; readonly spec: Spec } {
  if (path) {
    const result = trySyscall('chdir', path);
    if (result < 0) throw new Failure(explain(new SyscallError(`chdir ${path}`, -result)));
  }
  const text = readTextIfPresent('config.json');
  if (text === undefined) throw new Failure('JSON specification file config.json not found');
  return { bundle: workingDirectory(), spec: parseSpec(text) };
}

/** The working directory as the kernel knows it. */
export function workingDirectory(): string {
  const buffer = Buffer.alloc(4096);
  const length = syscall('getcwd', [buffer, buffer.length]);
  return buffer.toString('utf8', 0, length - 1);
}

/** How many descriptors from 0 on the command gets: stdio, systemd's sockets, and those of the flag. */
export function preservedDescriptors(flags: Flags): number {
  return 3 + listenFds() + (flags.number('preserve-fds') ?? 0);
}

/** How many sockets systemd has given to this process; the variables may also be another's that was started before. */
function listenFds(): number {
  const { LISTEN_FDS = '', LISTEN_PID = '' } = process.env;
  return Number(LISTEN_PID) === process.pid ? Number(LISTEN_FDS) || 0 : 0;
}

/** The process with the variables that socket activation needs (sd_listen_fds(3)): it is process 1. */
export function withListenFds<P extends Process>(spec: P): P {
  const count = listenFds();
  return count > 0 ? { ...spec, env: [...(spec.env ?? []), `LISTEN_FDS=${count}`, 'LISTEN_PID=1'] } : spec;
}

/** Connects to the caller's console socket, if there is to be one. `detached`: nobody stays to be the terminal. */
export function openConsole(flags: Flags, terminal: boolean, detached: boolean): number | undefined {
  const path = flags.text('console-socket');
  if (detached && terminal && !path)
    throw new Failure('cannot allocate tty if runc will detach without setting console socket');
  if (path && !(detached && terminal))
    throw new Failure('cannot use console socket if runc will not detach or allocate tty');
  return path ? connectUnix(path) : undefined;
}

/** Connects to the socket that is to get a descriptor of the process, if there is to be one. */
export function openPidfdSocket(flags: Flags): number | undefined {
  const path = flags.text('pidfd-socket');
  return path ? connectUnix(path) : undefined;
}
