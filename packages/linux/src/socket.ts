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
  const message = layMessage(data.length, descriptors.length);
  message.memory.set(data, message.data);
  for (const [index, descriptor] of descriptors.entries())
    message.memory.writeInt32LE(descriptor, message.control + controlHeader + index * 4);
  syscall('sendmsg', [fd, message.memory, 0], 'sendmsg');
}

/** Receives one message of at most 4096 bytes with at most `count` descriptors, which are close-on-exec. */
export function receiveDescriptors(fd: number, count = 1): { readonly data: Buffer; readonly descriptors: number[] } {
  const { memory, control, data } = layMessage(4096, count);
  const cmsgCloexec = 0x40000000;
  const length = syscall('recvmsg', [fd, memory, cmsgCloexec], 'recvmsg');
  const received = Number(memory.readBigUInt64LE(40)) > controlHeader ? Number(memory.readBigUInt64LE(control)) : 0;
  const descriptors: number[] = [];
  for (let at = controlHeader; at < received; at += 4) descriptors.push(memory.readInt32LE(control + at));
  return { data: memory.subarray(data, data + length), descriptors };
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

/** Bytes of struct cmsghdr in front of the descriptors. */
const controlHeader = 16;

/**
 * A struct msghdr, its one iovec, the control message and the data, in one piece of memory: the kernel follows addresses
 * that the garbage collector does not see. Answers where the control message and the data are.
 */
function layMessage(size: number, count: number): { memory: Buffer; control: number; data: number } {
  const vector = 56;
  const control = vector + 16;
  const used = controlHeader + count * 4;
  const data = control + Math.ceil(used / 8) * 8;
  const memory = Buffer.alloc(data + size);
  const base = koffi.address(memory);
  const word = (at: number, value: number | bigint) => memory.writeBigUInt64LE(BigInt(value), at);
  word(16, base + BigInt(vector));
  word(24, 1);
  word(32, base + BigInt(control));
  word(40, data - control);
  word(vector, base + BigInt(data));
  word(vector + 8, size);
  word(control, used);
  memory.writeInt32LE(1, control + 8); // SOL_SOCKET
  memory.writeInt32LE(1, control + 12); // SCM_RIGHTS
  return { memory, control, data };
}
