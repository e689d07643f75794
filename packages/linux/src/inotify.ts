/** What happens to a file, told by the kernel (inotify(7)). */
import { closeSync } from 'node:fs';
import { syscall } from './syscall.ts';

const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;

export const FileEvent = { modify: 0x002, open: 0x020 } as const;

/** A descriptor that can be read whenever one of the events has happened. Throws SyscallError, ENOENT among others. */
export function watchFile(path: string, events: number): number {
  const fd = syscall('inotify_init1', [closeOnExec | nonBlocking], 'inotify_init1');
  try {
    syscall('inotify_add_watch', [fd, path, events], `watch ${path}`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}
