/** Messages that carry descriptors over a unix socket (unix(7), cmsg(3)). */
import { koffi } from './koffi.ts';
import { syscall } from './syscall.ts';

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
