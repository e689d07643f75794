/** Data from a pipe to a file inside the kernel (splice(2)). */
import { Errno } from './errno.ts';
import { SyscallError, trySyscall } from './syscall.ts';

const nonBlocking = 2;

/**
 * Moves at most `length` bytes from a pipe into a file, from `position` on; the file must not be open for appending. What
 * is in the file has left the pipe and the other way round, even if the process is killed meanwhile. Answers how many bytes
 * were moved: 0 if the pipe has no writer any more, undefined if it is empty. Throws SyscallError, ENOSPC among others.
 */
export function spliceToFile(pipe: number, file: number, position: number, length: number): number | undefined {
  const offset = Buffer.from(BigInt64Array.of(BigInt(position)).buffer);
  const moved = trySyscall('splice', pipe, null, file, offset, length, nonBlocking);
  if (moved === -Errno.EAGAIN) return undefined;
  if (moved < 0) throw new SyscallError('splice a pipe into a file', -moved);
  return moved;
}
