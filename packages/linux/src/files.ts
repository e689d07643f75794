/** Files named by an open directory and one name in it, with what node:fs lacks: owners, devices, times in ns. */
import { constants } from 'node:fs';
import { Errno } from './errno.ts';
import { SyscallError, syscall, trySyscall } from './syscall.ts';

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;

/** Flags of open(2); those that differ between machines come from Node. */
export const OpenFlag = {
  RDONLY: constants.O_RDONLY,
  WRONLY: constants.O_WRONLY,
  RDWR: constants.O_RDWR,
  CREAT: constants.O_CREAT,
  EXCL: constants.O_EXCL,
  TRUNC: constants.O_TRUNC,
  NONBLOCK: constants.O_NONBLOCK,
  DIRECTORY: constants.O_DIRECTORY,
  NOFOLLOW: constants.O_NOFOLLOW,
  PATH: 0o10000000,
  CLOEXEC: 0o2000000,
} as const;

/** File types of `st_mode` (inode(7)). */
export const FileType = {
  fifo: constants.S_IFIFO,
  character: constants.S_IFCHR,
  block: constants.S_IFBLK,
  regular: constants.S_IFREG,
} as const;

/** A file's name or path: text, or bytes that end in a zero, since names on Linux need not be UTF-8. */
export type FileName = string | Uint8Array;

/** A moment as the kernel has it; `nanos` is within the second, also before 1970. */
export interface FileTime {
  readonly seconds: number;
  readonly nanos: number;
}

/** Opens `name` in `directory`, closed on exec. */
export function openAt(directory: number, name: FileName, flags: number, mode = 0): number {
  return syscall('openat', [directory, name, flags | OpenFlag.CLOEXEC, mode], `open ${shown(name)}`);
}

/** Closes a descriptor. */
export function close(descriptor: number): void {
  syscall('close', [descriptor]);
}

export function mkdirAt(directory: number, name: FileName, mode: number): void {
  syscall('mkdirat', [directory, name, mode], `mkdir ${shown(name)}`);
}

/** Makes a device node, fifo or empty file: `mode` has the {@link FileType}. */
export function mknodAt(
  directory: number,
  name: FileName,
  mode: number,
  device: { major: number; minor: number },
): void {
  syscall('mknodat', [directory, name, mode, deviceNumber(device)], `mknod ${shown(name)}`);
}

export function symlinkAt(target: FileName, directory: number, name: FileName): void {
  syscall('symlinkat', [target, directory, name], `symlink ${shown(name)}`);
}

/** Gives the file `from` in `fromDirectory` (a link itself is not followed) a second name. */
export function linkAt(fromDirectory: number, from: FileName, directory: number, name: FileName): void {
  syscall('linkat', [fromDirectory, from, directory, name, 0], `link ${shown(from)} ${shown(name)}`);
}

/** Removes a file, or with `isDirectory` an empty directory. */
export function unlinkAt(directory: number, name: FileName, isDirectory = false): void {
  syscall('unlinkat', [directory, name, isDirectory ? AT_REMOVEDIR : 0], `unlink ${shown(name)}`);
}

/** The target of a symbolic link, in an encoding, or undefined if `name` is missing or no link. */
export function readlinkAt(directory: number, name: FileName, encoding: BufferEncoding = 'utf8'): string | undefined {
  const buffer = Buffer.alloc(4096);
  const length = trySyscall('readlinkat', directory, name, buffer, buffer.length);
  if (length === -Errno.EINVAL || length === -Errno.ENOENT) return undefined;
  if (length < 0) throw new SyscallError(`readlink ${shown(name)}`, -length);
  return buffer.toString(encoding, 0, length);
}

/** Sets the owner of a file, of a link itself if it is one. */
export function chownAt(directory: number, name: FileName, uid: number, gid: number): void {
  syscall('fchownat', [directory, name, uid, gid, AT_SYMLINK_NOFOLLOW], `chown ${shown(name)}`);
}

/** Sets the permission bits of what is not a symbolic link. */
export function chmodAt(directory: number, name: FileName, mode: number): void {
  syscall('fchmodat', [directory, name, mode], `chmod ${shown(name)}`);
}

/** Sets access and modification time, of a link itself if it is one. */
export function setTimesAt(directory: number, name: FileName, access: FileTime, modification: FileTime): void {
  const times = new BigInt64Array([
    BigInt(access.seconds),
    BigInt(access.nanos),
    BigInt(modification.seconds),
    BigInt(modification.nanos),
  ]);
  syscall('utimensat', [directory, name, new Uint8Array(times.buffer), AT_SYMLINK_NOFOLLOW], `utimes ${shown(name)}`);
}

/** A device number as mknod(2) takes it (makedev(3)). */
function deviceNumber({ major, minor }: { major: number; minor: number }): bigint {
  const [M, m] = [BigInt(major), BigInt(minor)];
  return (m & 0xffn) | ((M & 0xfffn) << 8n) | ((m & ~0xffn) << 12n) | ((M & ~0xfffn) << 32n);
}

/** A name as messages show it. */
function shown(name: FileName): string {
  return typeof name === 'string' ? name : Buffer.from(name).toString().replace(/\0$/, '');
}
