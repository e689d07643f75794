/** Receives one descriptor from a socket (SCM_RIGHTS, cmsg(3)). */
import { koffi } from '@drydock/linux/koffi';
import { syscall } from '@drydock/linux/syscall';
import { Failure } from '../failure.ts';

/** Waits for one message; the descriptor is closed on exec. */
export function receiveDescriptor(socket: number): number {
  const [vector, control, data, size] = [56, 72, 96, 4096];
  const cmsgCloexec = 0x40000000;
  const memory = Buffer.alloc(data + size);
  const base = BigInt(koffi.address(memory));
  memory.writeBigUInt64LE(base + BigInt(vector), 16);
  memory.writeBigUInt64LE(1n, 24);
  memory.writeBigUInt64LE(base + BigInt(control), 32);
  memory.writeBigUInt64LE(BigInt(data - control), 40);
  memory.writeBigUInt64LE(base + BigInt(data), vector);
  memory.writeBigUInt64LE(BigInt(size), vector + 8);
  syscall('recvmsg', [socket, memory, cmsgCloexec], 'receive the terminal');
  if (memory.readBigUInt64LE(40) < 20n) throw new Failure('the container sent no terminal');
  return memory.readInt32LE(control + 16);
}
