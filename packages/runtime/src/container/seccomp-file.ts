/** The container's compiled seccomp filter in its directory, for the processes that are started in it later. */
import { Open, readBytes, writeFile } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';
import type { Host } from '../compile/host.ts';

type Filter = NonNullable<Host['seccomp']>;
/** The flags stand in front of the instructions. */
const headerBytes = 8;

/** Keeps the container's filter; without one, that it has none. */
export function writeFilter(directory: string, seccomp: Filter | undefined): void {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(seccomp?.flags ?? 0, 0);
  writeFile(`${directory}/seccomp`, Buffer.concat([header, seccomp?.filter ?? new Uint8Array(0)]), Open.truncate);
}

/** The container's filter; undefined if it has none. `otherwise` is asked if another runtime has made the container. */
export function readFilter(directory: string, otherwise: () => Filter | undefined): Filter | undefined {
  let contents: Buffer;
  try {
    contents = readBytes(`${directory}/seccomp`);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === Errno.ENOENT) return otherwise();
    throw error;
  }
  if (contents.length === headerBytes) return undefined;
  return { flags: contents.readUInt32LE(0), filter: contents.subarray(headerBytes) };
}
