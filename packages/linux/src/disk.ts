/**
 * Files by path, through system calls alone. For programs that start once or more for each container: loading node:fs
 * takes 3 ms, as long as everything else that they do with files. Errors are {@link SyscallError}s named as Go names
 * them: `open /x`, `mkdir /x`.
 */
import { Errno } from './errno.ts';
import { SyscallError, syscall, trySyscall } from './syscall.ts';

const here = -100;
const oCloexec = 0o2000000;

/** Flags of open(2); all machines that the project runs on agree on these. */
export const Open = {
  read: 0,
  write: 1,
  readWrite: 2,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  nonblock: 0o4000,
  sync: 0o4010000,
  path: 0o10000000,
} as const;

/** Flags whose values depend on the machine (asm/fcntl.h). */
export const openDirectory = process.arch === 'arm64' ? 0o40000 : 0o200000;
export const openNofollow = process.arch === 'arm64' ? 0o100000 : 0o400000;

/** Opens a file, closed on exec. */
export function openFile(path: string, flags: number, mode = 0): number {
  return syscall('openat', [here, path, flags | oCloexec, mode], `open ${path}`);
}

/** Closes a descriptor. */
export function closeFile(descriptor: number): void {
  trySyscall('close', descriptor);
}

/** The contents of a file. */
export function readBytes(path: string): Buffer {
  const descriptor = openFile(path, Open.read);
  try {
    return readDescriptor(descriptor, path);
  } finally {
    closeFile(descriptor);
  }
}

/** What is left to read at a descriptor, to its end. `path` is for the message. */
export function readDescriptor(descriptor: number, path = `descriptor ${descriptor}`): Buffer {
  let buffer = Buffer.alloc(16384);
  let length = 0;
  for (;;) {
    const rest = buffer.subarray(length);
    const count = syscall('read', [descriptor, rest, rest.length], `read ${path}`);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
  }
}

/** The text of a file. */
export function readText(path: string): string {
  return readBytes(path).toString('utf8');
}

/** The text of a file, or undefined if there is no such file. */
export function readTextIfPresent(path: string): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof SyscallError && (error.errno === Errno.ENOENT || error.errno === Errno.ENOTDIR))
      return undefined;
    throw error;
  }
}

/** Writes to a file that exists, such as one of a cgroup, in one call. */
export function writeExisting(path: string, text: string): void {
  const descriptor = openFile(path, Open.write);
  try {
    writeAll(descriptor, Buffer.from(text), path);
  } finally {
    closeFile(descriptor);
  }
}

/** Makes or replaces the contents of a file. */
export function writeFile(
  path: string,
  contents: string | Uint8Array,
  flags: number = Open.truncate,
  mode = 0o600,
): void {
  const descriptor = openFile(path, Open.write | Open.create | flags, mode);
  try {
    writeAll(descriptor, typeof contents === 'string' ? Buffer.from(contents) : contents, path);
  } finally {
    closeFile(descriptor);
  }
}

/** Writes all of `bytes`. */
export function writeAll(descriptor: number, bytes: Uint8Array, path = `descriptor ${descriptor}`): void {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(syscall('write', [descriptor, rest, rest.length], `write ${path}`));
}

export function makeDirectory(path: string, mode = 0o755): void {
  syscall('mkdirat', [here, path, mode], `mkdir ${path}`);
}

/** Makes a directory and those above it; what exists already stays as it is. Answers whether the last one is new. */
export function makeDirectories(path: string, mode = 0o755): boolean {
  const result = trySyscall('mkdirat', here, path, mode);
  if (result === 0) return true;
  if (result === -Errno.EEXIST) return false;
  const parent = path.replace(/\/+[^/]*\/*$/, '');
  if (result !== -Errno.ENOENT || parent === '' || parent === path) throw new SyscallError(`mkdir ${path}`, -result);
  makeDirectories(parent, mode);
  makeDirectory(path, mode);
  return true;
}

export function rename(from: string, to: string): void {
  syscall('renameat2', [here, from, here, to, 0], `rename ${from} ${to}`);
}

/** Removes a file; answers false if there is none. */
export function removeFile(path: string): boolean {
  return removed(trySyscall('unlinkat', here, path, 0), `remove ${path}`);
}

/** Removes an empty directory; answers false if there is none. */
export function removeEmptyDirectory(path: string): boolean {
  const removedir = 0x200;
  return removed(trySyscall('unlinkat', here, path, removedir), `rmdir ${path}`);
}

/** Whether a path leads somewhere. */
export function exists(path: string): boolean {
  return trySyscall('faccessat', here, path, 0) === 0;
}

/** The names in a directory, without `.` and `..`, sorted. Directories have a `/` at the end. */
export function listDirectory(path: string): string[] {
  const descriptor = openFile(path, openDirectory);
  const names: string[] = [];
  const buffer = Buffer.alloc(32768);
  try {
    for (;;) {
      const length = syscall('getdents64', [descriptor, buffer, buffer.length], `readdir ${path}`);
      if (length === 0) break;
      for (let at = 0; at < length; at += buffer.readUInt16LE(at + 16)) {
        const name = buffer.toString('utf8', at + 19, buffer.indexOf(0, at + 19));
        const directory = buffer[at + 18] === 4;
        if (name !== '.' && name !== '..') names.push(directory ? `${name}/` : name);
      }
    }
  } finally {
    closeFile(descriptor);
  }
  return names.sort();
}

/** What statx(2) says of a file. */
export interface FileStatus {
  readonly type: 'directory' | 'file' | 'character' | 'block' | 'fifo' | 'socket' | 'link';
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  readonly device: { readonly major: number; readonly minor: number };
}

const types: ReadonlyMap<number, FileStatus['type']> = new Map([
  [0o040000, 'directory'],
  [0o100000, 'file'],
  [0o020000, 'character'],
  [0o060000, 'block'],
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
  [0o120000, 'link'],
]);

/** The status of a file, or of an open one by its descriptor. Throws `stat /x: ENOENT`. */
export function fileStatus(file: string | number, { follow = true } = {}): FileStatus {
  const [emptyPath, noFollow, basicStats] = [0x1000, 0x100, 0x7ff];
  const buffer = Buffer.alloc(256);
  const [directory, path] = typeof file === 'number' ? [file, ''] : [here, file];
  const flags = (typeof file === 'number' ? emptyPath : 0) | (follow ? 0 : noFollow);
  syscall('statx', [directory, path, flags, basicStats, buffer], `${follow ? 'stat' : 'lstat'} ${file}`);
  const mode = buffer.readUInt16LE(28);
  return {
    type: types.get(mode & 0o170000) ?? 'file',
    permissions: mode & 0o7777,
    uid: buffer.readUInt32LE(20),
    gid: buffer.readUInt32LE(24),
    size: Number(buffer.readBigUInt64LE(40)),
    device: { major: buffer.readUInt32LE(128), minor: buffer.readUInt32LE(132) },
  };
}

/** The status of a file, or undefined if there is none. */
export function fileStatusIfPresent(path: string, options: { follow?: boolean } = {}): FileStatus | undefined {
  try {
    return fileStatus(path, options);
  } catch (error) {
    if (error instanceof SyscallError && (error.errno === Errno.ENOENT || error.errno === Errno.ENOTDIR))
      return undefined;
    throw error;
  }
}

/** Waits. */
export function pause(milliseconds: number): void {
  const time = new BigInt64Array([
    BigInt(Math.floor(milliseconds / 1000)),
    BigInt(Math.round((milliseconds % 1000) * 1e6)),
  ]);
  trySyscall('nanosleep', new Uint8Array(time.buffer), null);
}

function removed(result: number, op: string): boolean {
  if (result === -Errno.ENOENT) return false;
  if (result < 0) throw new SyscallError(op, -result);
  return true;
}
