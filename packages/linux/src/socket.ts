/** Unix sockets that Node's net module cannot make: one to hand to a child, and descriptors in messages (unix(7)). */
import { closeSync, rmSync } from 'node:fs';
import { koffi } from './koffi.ts';
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

/** Sends data and descriptors in one message (SCM_RIGHTS, cmsg(3)). */
export function sendDescriptors(fd: number, data: Uint8Array, descriptors: readonly number[]): void {
  const { header, held } = message(data, descriptors.length);
  const control = new DataView(held.control.buffer, held.control.byteOffset);
  for (const [index, descriptor] of descriptors.entries()) control.setInt32(16 + index * 4, descriptor, true);
  syscall('sendmsg', [fd, header, 0], 'sendmsg');
  keep(held);
}

/** Receives one message of at most 4096 bytes with at most `count` descriptors, which are close-on-exec. */
export function receiveDescriptors(fd: number, count = 1): { readonly data: Buffer; readonly descriptors: number[] } {
  const data = Buffer.alloc(4096);
  const { header, held } = message(data, count);
  const cmsgCloexec = 0x40000000;
  const length = syscall('recvmsg', [fd, header, cmsgCloexec], 'recvmsg');
  const control = new DataView(held.control.buffer, held.control.byteOffset);
  const controlLength = new DataView(header.buffer, header.byteOffset).getUint32(40, true);
  const descriptors: number[] = [];
  if (controlLength > 16) {
    for (let at = 16; at < control.getUint32(0, true); at += 4) descriptors.push(control.getInt32(at, true));
  }
  keep(held);
  return { data: data.subarray(0, length), descriptors };
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

interface Held {
  readonly data: Uint8Array;
  readonly vector: Uint8Array;
  readonly control: Buffer;
}

/** struct msghdr with one iovec and room for `count` descriptors. */
function message(data: Uint8Array, count: number): { readonly header: Buffer; readonly held: Held } {
  const used = 16 + count * 4;
  const control = Buffer.alloc(Math.ceil(used / 8) * 8);
  control.writeBigUInt64LE(BigInt(used), 0);
  control.writeInt32LE(1, 8); // SOL_SOCKET
  control.writeInt32LE(1, 12); // SCM_RIGHTS
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(koffi.address(data), 0);
  vector.writeBigUInt64LE(BigInt(data.length), 8);
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(koffi.address(vector), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(koffi.address(control), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  return { header, held: { data, vector, control } };
}

/** The kernel reads through addresses that the collector does not see: this keeps the memory until after the call. */
function keep(_held: Held): void {}
