/** Files named by an open directory and one name in it, with what node:fs lacks: owners, devices, times in ns, xattrs. */
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

/** A moment as the kernel has it; `nanos` is within the second, also before 1970. */
export interface FileTime {
  readonly seconds: number;
  readonly nanos: number;
}

/** Opens `name` in `directory`, closed on exec. */
export function openAt(directory: number, name: string, flags: number, mode = 0): number {
  return syscall('openat', [directory, name, flags | OpenFlag.CLOEXEC, mode], `open ${name}`);
}

/** Closes a descriptor. */
export function close(descriptor: number): void {
  syscall('close', [descriptor]);
}

export function mkdirAt(directory: number, name: string, mode: number): void {
  syscall('mkdirat', [directory, name, mode], `mkdir ${name}`);
}

/** Makes a device node, fifo or empty file: `mode` has the {@link FileType}. */
export function mknodAt(directory: number, name: string, mode: number, device: { major: number; minor: number }): void {
  syscall('mknodat', [directory, name, mode, deviceNumber(device)], `mknod ${name}`);
}

export function symlinkAt(target: string, directory: number, name: string): void {
  syscall('symlinkat', [target, directory, name], `symlink ${name}`);
}

/** Gives the file `from` in `fromDirectory` (a link itself is not followed) a second name. */
export function linkAt(fromDirectory: number, from: string, directory: number, name: string): void {
  syscall('linkat', [fromDirectory, from, directory, name, 0], `link ${from} ${name}`);
}

/** Removes a file, or with `isDirectory` an empty directory. */
export function unlinkAt(directory: number, name: string, isDirectory = false): void {
  syscall('unlinkat', [directory, name, isDirectory ? AT_REMOVEDIR : 0], `unlink ${name}`);
}

/** The target of a symbolic link, or undefined if `name` is missing or no link. */
export function readlinkAt(directory: number, name: string): string | undefined {
  const buffer = Buffer.alloc(4096);
  const length = trySyscall('readlinkat', directory, name, buffer, buffer.length);
  if (length === -Errno.EINVAL || length === -Errno.ENOENT) return undefined;
  if (length < 0) throw new SyscallError(`readlink ${name}`, -length);
  return buffer.toString('utf8', 0, length);
}

/** Sets the owner of a file, of a link itself if it is one. */
export function chownAt(directory: number, name: string, uid: number, gid: number): void {
  syscall('fchownat', [directory, name, uid, gid, AT_SYMLINK_NOFOLLOW], `chown ${name}`);
}

/** Sets the permission bits of what is not a symbolic link. */
export function chmodAt(directory: number, name: string, mode: number): void {
  syscall('fchmodat', [directory, name, mode], `chmod ${name}`);
}

/** Sets access and modification time, of a link itself if it is one. */
export function setTimesAt(directory: number, name: string, access: FileTime, modification: FileTime): void {
  const times = new BigInt64Array([
    BigInt(access.seconds),
    BigInt(access.nanos),
    BigInt(modification.seconds),
    BigInt(modification.nanos),
  ]);
  syscall('utimensat', [directory, name, new Uint8Array(times.buffer), AT_SYMLINK_NOFOLLOW], `utimes ${name}`);
}

/** A device number as mknod(2) takes it (makedev(3)). */
function deviceNumber({ major, minor }: { major: number; minor: number }): bigint {
  const [M, m] = [BigInt(major), BigInt(minor)];
  return (m & 0xffn) | ((M & 0xfffn) << 8n) | ((m & ~0xffn) << 12n) | ((M & ~0xfffn) << 32n);
}
