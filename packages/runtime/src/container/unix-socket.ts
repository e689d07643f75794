/** Connections to unix sockets that the caller names (unix(7)), without loading node:net. */
import { SyscallError, syscall, trySyscall } from '@drydock/linux/syscall';
import { explain, Failure } from '../failure.ts';

/** A connected stream socket, closed on exec. Throws `dial unix /x: connect: connection refused`. */
export function connectUnix(path: string): number {
  const [unix, stream, cloexec] = [1, 1, 0o2000000];
  const name = Buffer.from(`${path}\0`);
  if (name.length > 108)
    throw new Failure(`dial unix ${path}: connect: invalid argument: the path is longer than 107 bytes`);
  const address = Buffer.concat([Uint8Array.of(unix, 0), name]);
  const socket = syscall('socket', [unix, stream | cloexec, 0]);
  const result = trySyscall('connect', socket, address, address.length);
  if (result < 0) throw new Failure(`dial unix ${explain(new SyscallError(`${path}: connect`, -result))}`);
  return socket;
}
