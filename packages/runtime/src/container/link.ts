/** Where links of /proc lead (readlink(2)). */
import { trySyscall } from '@drydock/linux/syscall';

const here = -100;

/** The target of a link; '' if it cannot be read, as when the process has ended. */
export function linkTarget(path: string): string {
  const buffer = Buffer.alloc(4096);
  const length = trySyscall('readlinkat', here, path, buffer, buffer.length);
  return length > 0 ? buffer.toString('utf8', 0, length) : '';
}
