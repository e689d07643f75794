/** Mounts from the daemons' side: containerd's mount shape to mount(2), and unmounting (mount(2), umount(2)). */
import { Errno } from './errno.ts';
import { helperCommand, runHelper } from './mount-helper.ts';
import { mountPointsBelow } from './mountinfo.ts';
import { SyscallError, trySyscall } from './syscall.ts';

/** A mount as containerd's API has it: options are mount(8)'s words, flags and data mixed. */
export interface MountSpec {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** Flags of mount(2). */
export const MountFlag = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  SYNCHRONOUS: 0x10,
  REMOUNT: 0x20,
  MANDLOCK: 0x40,
  DIRSYNC: 0x80,
  NOSYMFOLLOW: 0x100,
  NOATIME: 0x400,
  NODIRATIME: 0x800,
  BIND: 0x1000,
  MOVE: 0x2000,
  REC: 0x4000,
  SILENT: 0x8000,
  UNBINDABLE: 0x20000,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  SHARED: 0x100000,
  RELATIME: 0x200000,
  STRICTATIME: 0x1000000,
} as const;

/** What each option word does to the flags: sets them, or clears them. */
const words: Readonly<Record<string, readonly [set: number, clear: number]>> = {
  defaults: [0, 0],
  rw: [0, MountFlag.RDONLY],
  ro: [MountFlag.RDONLY, 0],
  suid: [0, MountFlag.NOSUID],
  nosuid: [MountFlag.NOSUID, 0],
  dev: [0, MountFlag.NODEV],
  nodev: [MountFlag.NODEV, 0],
  exec: [0, MountFlag.NOEXEC],
  noexec: [MountFlag.NOEXEC, 0],
  sync: [MountFlag.SYNCHRONOUS, 0],
  async: [0, MountFlag.SYNCHRONOUS],
  dirsync: [MountFlag.DIRSYNC, 0],
  mand: [MountFlag.MANDLOCK, 0],
  nomand: [0, MountFlag.MANDLOCK],
  atime: [0, MountFlag.NOATIME],
  noatime: [MountFlag.NOATIME, 0],
  diratime: [0, MountFlag.NODIRATIME],
  nodiratime: [MountFlag.NODIRATIME, 0],
  relatime: [MountFlag.RELATIME, 0],
  norelatime: [0, MountFlag.RELATIME],
  strictatime: [MountFlag.STRICTATIME, 0],
  nostrictatime: [0, MountFlag.STRICTATIME],
  bind: [MountFlag.BIND, 0],
  rbind: [MountFlag.BIND | MountFlag.REC, 0],
  remount: [MountFlag.REMOUNT, 0],
};

/** Splits mount(8)'s options into the flags and the data string of mount(2). */
export function parseMountOptions(options: readonly string[]): { readonly flags: number; readonly data: string } {
  let flags = 0;
  const data: string[] = [];
  for (const option of options) {
    const word = words[option];
    if (word === undefined) data.push(option);
    else flags = (flags | word[0]) & ~word[1];
  }
  return { flags, data: data.join(',') };
}

/** Mounts on a directory or file. A read-only bind is remounted read-only: the first call ignores the flag. */
export function mount(spec: MountSpec, target: string): void {
  const op = `mount ${spec.type || 'bind'} ${spec.source} on ${target} (${spec.options.join(',')})`;
  const helper = helperCommand(spec, target);
  if (helper === undefined) mountByKernel(spec, target, op);
  else runHelper(helper, op);
}

function mountByKernel(spec: MountSpec, target: string, op: string): void {
  const { directory, options } = shortened(spec.options);
  const { flags, data } = parseMountOptions(options);
  const here = process.cwd();
  if (directory !== '') process.chdir(directory);
  try {
    check(trySyscall('mount', spec.source, target, spec.type, flags, data === '' ? null : data), op);
  } finally {
    if (directory !== '') process.chdir(here);
  }
  if (flags & MountFlag.BIND && flags & MountFlag.RDONLY) {
    const result = trySyscall('mount', '', target, '', MountFlag.REMOUNT | flags, null);
    if (result < 0) {
      unmount(target, { detach: true });
      throw new SyscallError(`re${op}`, -result);
    }
  }
}

/** The kernel copies one page of options, its last byte a zero. */
const maxOptions = 4095;
const lowerdir = 'lowerdir=';

/**
 * The lower directories of many layers do not fit in a page: they are then named relative to the directory that they
 * share, in which the mount must be made. `directory` is '' where that is not needed.
 */
function shortened(options: readonly string[]): { readonly directory: string; readonly options: readonly string[] } {
  const lower =
    options
      .find((option) => option.startsWith(lowerdir))
      ?.slice(lowerdir.length)
      .split(':') ?? [];
  if (options.join(',').length <= maxOptions || lower.length < 2) return { directory: '', options };
  const directory = commonDirectory(lower);
  const relative = lower.map((path) => path.slice(directory.length + 1));
  return {
    directory,
    options: options.map((option) => (option.startsWith(lowerdir) ? lowerdir + relative.join(':') : option)),
  };
}

function commonDirectory(paths: readonly string[]): string {
  const [first = [], ...rest] = paths.map((path) => path.split('/').slice(0, -1));
  const differs = first.findIndex((part, index) => rest.some((parts) => parts[index] !== part));
  return (differs < 0 ? first : first.slice(0, differs)).join('/');
}

/** Unmounts the topmost mount of a target; answers false if nothing is mounted there. `detach` is umount2's MNT_DETACH. */
export function unmount(target: string, { detach = false }: { readonly detach?: boolean } = {}): boolean {
  const umountNofollow = 8;
  const result = trySyscall('umount2', target, umountNofollow | (detach ? 2 : 0));
  if (result === -Errno.EINVAL || result === -Errno.ENOENT) return false;
  check(result, `unmount ${target}`);
  return true;
}

/** Unmounts everything on a target, several mounts on one another included. */
export function unmountAll(target: string): void {
  while (unmount(target, { detach: true }));
}

/** Unmounts a tree of mounts, the innermost first. */
export function unmountTree(target: string): void {
  for (const point of mountPointsBelow(target).reverse()) unmountAll(point);
}

function check(result: number, op: string): void {
  if (result < 0) throw new SyscallError(op, -result);
}
