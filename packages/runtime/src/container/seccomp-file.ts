/** The container's compiled seccomp filter in its directory, for the processes that are started in it later. */
import { Open, readBytes, writeFile } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';
import type { Host } from '../compile/host.ts';

type Filter = NonNullable<Host['seccomp']>;
/** The flags stand in front of the instructions. */
const headerBytes = 8;

export function writeFilter(directory: string, { filter, flags }: Filter): void {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(flags, 0);
  writeFile(`${directory}/seccomp`, Buffer.concat([header, filter]), Open.truncate);
}

/** Undefined if the container has none. */
export function readFilter(directory: string): Filter | undefined {
  try {
    const contents = readBytes(`${directory}/seccomp`);
    return { flags: contents.readUInt32LE(0), filter: contents.subarray(headerBytes) };
  } catch (error) {
    if (error instanceof SyscallError && error.errno === Errno.ENOENT) return undefined;
    throw error;
  }
}
