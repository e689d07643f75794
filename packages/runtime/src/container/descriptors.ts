/** Descriptors of this process beside those that the command is to get. */
import { closeFile, listDirectory, readTextIfPresent } from '@drydock/linux/disk';
import { syscall, trySyscall } from '@drydock/linux/syscall';
import { Failure } from '../failure.ts';

const fDupfdCloexec = 1030;
const fSetfd = 2;

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

/**
 * Refuses if a descriptor that the command is to get is not there: its number may then be one of the engine's own. Those that
 * are there are handed on, whatever the engine has made of them: Bun marks all from 4 on to be closed on exec.
 */
export function checkPreserved(preserved: number): void {
  const first = 3;
  if (preserved <= first) return;
  const own = engineDescriptors();
  for (let descriptor = first; descriptor < preserved; descriptor++) {
    if (own.has(descriptor) || trySyscall('fcntl', descriptor, fSetfd, 0) < 0)
      throw new Failure(
        `please check that preserved-fd ${descriptor - first + 1} (of ${preserved - first}) is present`,
      );
  }
}

/** The engine's event loop, and what it waits for: nothing that a caller would hand on is waited for yet. */
function engineDescriptors(): ReadonlySet<number> {
  const own = new Set<number>();
  for (const name of listDirectory('/proc/self/fd')) {
    const target = Buffer.alloc(64);
    const length = trySyscall('readlinkat', -100, `/proc/self/fd/${name}`, target, target.length);
    if (target.toString('latin1', 0, Math.max(0, length)) !== 'anon_inode:[eventpoll]') continue;
    own.add(Number(name));
    const waited = readTextIfPresent(`/proc/self/fdinfo/${name}`) ?? '';
    for (const [, number] of waited.matchAll(/^tfd:\s*(\d+)/gm)) own.add(Number(number));
  }
  return own;
}
