/** Unix sockets that Node's net module cannot make: one to hand to a child (unix(7)). */
import { closeSync, rmSync } from 'node:fs';
import { cString, SyscallError, syscall } from './syscall.ts';

const afUnix = 1;
const sockStream = 1;
const sockCloexec = 0o2000000;
/** A socket's path must fit in sockaddr_un with its terminating zero. */
export const maxSocketPath = 107;

/**
 * Makes a listening socket, with nothing else of this process attached to it: it can be handed to a child, and closing
 * our descriptor leaves the path in place. A stale socket at the path is replaced. Throws if the path is too long.
 */
export function listenUnix(path: string, mode = 0o600): number {
  rmSync(path, { force: true });
  const fd = syscall('socket', [afUnix, sockStream | sockCloexec, 0], 'socket');
  try {
    const address = socketAddress(path);
    syscall('bind', [fd, address, address.length], `bind ${path}`);
    syscall('fchmodat', [-100, path, mode], `chmod ${path}`);
    syscall('listen', [fd, 128], `listen on ${path}`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

/** Connects to a listening socket. Throws SyscallError. */
export function connectUnix(path: string): number {
  const fd = syscall('socket', [afUnix, sockStream | sockCloexec, 0], 'socket');
  try {
    const address = socketAddress(path);
    syscall('connect', [fd, address, address.length], `connect to ${path}`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

/** Accepts one connection; waits for it. */
export function acceptUnix(fd: number): number {
  return syscall('accept4', [fd, null, null, sockCloexec], 'accept');
}

/** The path that a socket is bound to (getsockname(2)); '' if it has none. */
export function boundPath(fd: number): string {
  const address = Buffer.alloc(2 + maxSocketPath + 1);
  const length = Buffer.from(Uint32Array.of(address.length).buffer);
  syscall('getsockname', [fd, address, length], 'getsockname');
  const path = address.subarray(2, length.readUInt32LE(0));
  return path.subarray(0, path.includes(0) ? path.indexOf(0) : path.length).toString();
}

/** The uid of the process at the other end (SO_PEERCRED). */
export function peerUid(fd: number): number {
  const credentials = Buffer.alloc(12);
  const length = Buffer.from(Uint32Array.of(12).buffer);
  syscall('getsockopt', [fd, 1, 17, credentials, length], 'getsockopt SO_PEERCRED');
  return credentials.readUInt32LE(4);
}

function socketAddress(path: string): Uint8Array {
  const name = cString(path);
  if (name.length > maxSocketPath + 1)
    throw new SyscallError(`socket path ${path} is longer than ${maxSocketPath} bytes`, 36);
  const address = Buffer.alloc(2 + name.length);
  address.writeUInt16LE(afUnix, 0);
  address.set(name, 2);
  return address;
}
