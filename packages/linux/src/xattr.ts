/** Extended attributes of files (xattr(7)); a symbolic link's own, never its target's. */
import { Errno } from './errno.ts';
import type { FileName } from './files.ts';
import { SyscallError, syscall, trySyscall } from './syscall.ts';

/** The path of a name in an open directory, for the calls that take paths only. */
export function pathAt(directory: number, name: FileName): FileName {
  const prefix = `/proc/self/fd/${directory}/`;
  return typeof name === 'string' ? prefix + name : Buffer.concat([Buffer.from(prefix), name]);
}

/** Sets one attribute. */
export function setXattr(path: FileName, key: string, value: Uint8Array): void {
  // FFI gives empty memory no address; the length says that there is nothing in it.
  const memory = value.length === 0 ? new Uint8Array(1) : value;
  syscall('lsetxattr', [path, key, memory, value.length, 0], `setxattr ${key}`);
}

/** One attribute's value, or undefined where the file, or its file system, has no such attribute. */
export function getXattr(path: FileName, key: string): Uint8Array | undefined {
  for (let size = 256; ; size *= 4) {
    const buffer = new Uint8Array(size);
    const length = trySyscall('lgetxattr', path, key, buffer, size);
    if (length === -Errno.ENODATA || length === -Errno.ENOTSUP) return undefined;
    if (length >= 0) return buffer.subarray(0, length);
    if (length !== -Errno.ERANGE) throw new SyscallError(`getxattr ${key}`, -length);
  }
}

/** All attributes of a file that the caller may see. */
export function listXattrs(path: FileName): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const key of listKeys(path)) {
    const value = getXattr(path, key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

function listKeys(path: FileName): string[] {
  for (let size = 1024; ; size *= 4) {
    const buffer = Buffer.alloc(size);
    const length = trySyscall('llistxattr', path, buffer, size);
    if (length === -Errno.ENOTSUP) return [];
    if (length >= 0)
      return buffer
        .toString('utf8', 0, length)
        .split('\0')
        .filter((key) => key !== '');
    if (length !== -Errno.ERANGE) throw new SyscallError('listxattr', -length);
  }
}
