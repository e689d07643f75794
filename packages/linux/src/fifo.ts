/** Named pipes: the stdio of containers (fifo(7)). */
import { closeSync, constants, openSync } from 'node:fs';
import { syscall } from './syscall.ts';

const atFdcwd = -100;
const sIfifo = 0o010000;

/** Makes a named pipe. Throws SyscallError, EEXIST among others. The umask applies to `mode`. */
export function mkfifo(path: string, mode = 0o700): void {
  syscall('mknodat', [atFdcwd, path, sIfifo | mode, 0], `mkfifo ${path}`);
}

/**
 * Opens a pipe for both directions without blocking: it needs no peer, and while it is open neither a reader sees the end
 * nor a writer SIGPIPE. The container gets another descriptor ({@link openBlocking}): O_NONBLOCK belongs to the open file.
 */
export function openHolder(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** Opens one end of a pipe in blocking mode. A holder must be open, or the call waits for the other end. */
export function openBlocking(path: string, end: 'read' | 'write'): number {
  return openSync(path, end === 'read' ? constants.O_RDONLY : constants.O_WRONLY);
}

/** Closes descriptors; nothing happens for absent ones. */
export function closeAll(descriptors: Iterable<number | undefined>): void {
  for (const fd of descriptors) if (fd !== undefined) closeSync(fd);
}
