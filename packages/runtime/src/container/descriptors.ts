/** Descriptors of this process beside those that the command is to get. */
import { closeFile } from '@drydock/linux/disk';
import { syscall, trySyscall } from '@drydock/linux/syscall';
import { Failure } from '../failure.ts';

const fDupfdCloexec = 1030;
const fGetfd = 1;
const cloexec = 1;

/**
 * Puts a descriptor behind the preserved ones, where the command does not get it. What the caller has not opened of those
 * leaves numbers free, and the kernel gives out the lowest.
 */
export function behind(preserved: number, descriptor: number): number {
  if (descriptor >= preserved) return descriptor;
  const moved = syscall('fcntl', [descriptor, fDupfdCloexec, preserved], 'move a descriptor');
  closeFile(descriptor);
  return moved;
}

/** Refuses if a descriptor that the command is to get is not there: one that is closed on exec is the engine's own. */
export function checkPreserved(preserved: number): void {
  const first = 3;
  for (let descriptor = first; descriptor < preserved; descriptor++) {
    const flags = trySyscall('fcntl', descriptor, fGetfd);
    if (flags < 0 || flags & cloexec)
      throw new Failure(
        `please check that preserved-fd ${descriptor - first + 1} (of ${preserved - first}) is present`,
      );
  }
}
