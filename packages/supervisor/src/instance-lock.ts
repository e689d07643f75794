/** Keeps two supervisors from using one directory: a lock that the kernel lets go of when its holder dies (flock(2)). */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Errno } from '@drydock/linux/errno';
import { SyscallError, trySyscall } from '@drydock/linux/syscall';

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Locks a directory for this process. Throws if another supervisor holds it; answers how to let go. */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, 'supervisor.lock');
  const descriptor = openSync(path, 'a+', 0o600);
  const result = trySyscall('flock', descriptor, LOCK_EX | LOCK_NB);
  if (result < 0) {
    const holder = readFileSync(path, 'utf8').trim();
    closeSync(descriptor);
    if (result !== -Errno.EAGAIN) throw new SyscallError(`lock ${path}`, -result);
    throw new Error(`${directory} is in use by another drydock-supervisor (pid ${holder})`);
  }
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`);
  return () => closeSync(descriptor);
}
