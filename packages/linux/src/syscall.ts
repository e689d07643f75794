/** One system call from JavaScript: arguments in, result or a typed error out. */
import { Errno, errnoName } from './errno.ts';
import { koffi, libc } from './koffi.ts';
import { type SyscallName, syscallNumber } from './numbers.ts';

/** An argument: an integer, a string (passed NUL-terminated), memory (passed by address), or NULL. */
export type SyscallArgument = number | bigint | string | Uint8Array | null;

const raw = libc.func('long syscall(long, long, long, long, long, long, long)') as (
  ...args: readonly (number | bigint)[]
) => number;

/** A system call that failed: which one, on what, and why. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  readonly op: string;
  readonly errno: number;
  /** The error's name, as Node's own errors have it: `ENOENT`. */
  readonly code: string;

  constructor(op: string, errno: number) {
    super(`${op}: ${errnoName(errno)}`);
    this.op = op;
    this.errno = errno;
    this.code = errnoName(errno);
  }
}

/** Makes a system call. Answers the result, or the negated error number; an interrupted call is made again. */
export function trySyscall(name: SyscallName, ...args: readonly SyscallArgument[]): number {
  const held: Uint8Array[] = [];
  const words: (number | bigint)[] = [syscallNumber(name), 0, 0, 0, 0, 0, 0];
  for (const [index, argument] of args.entries()) words[index + 1] = word(argument, held);
  for (;;) {
    const result = raw(...words);
    if (result !== -1) return result;
    const errno = koffi.errno();
    if (errno !== Errno.EINTR) return -errno;
  }
}

/**
 * Makes a system call and throws {@link SyscallError} if it fails. `op` says what was attempted, for the message:
 * `mount proc on /proc`; it defaults to the call's name.
 */
export function syscall(name: SyscallName, args: readonly SyscallArgument[], op: string = name): number {
  const result = trySyscall(name, ...args);
  if (result < 0) throw new SyscallError(op, -result);
  return result;
}

/** A string as C wants it. */
export function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}

function word(argument: SyscallArgument, held: Uint8Array[]): number | bigint {
  if (argument === null) return 0;
  if (typeof argument === 'number' || typeof argument === 'bigint') return argument;
  const memory = typeof argument === 'string' ? cString(argument) : argument;
  held.push(memory);
  return koffi.address(memory);
}
