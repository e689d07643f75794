/** Numbers of the kernel's interface with their names, which plans show. Those that differ between machines are noted. */
import { openDirectory, openNofollow } from '@drydock/linux/disk';
import { Memory, type Named } from '@drydock/linux/program/operation';

const constants = <T extends Readonly<Record<string, number>>>(table: T) =>
  Object.fromEntries(Object.entries(table).map(([text, value]) => [text, { value, text }])) as {
    readonly [Name in keyof T]: { readonly value: number; readonly text: string };
  };

/** Several flags as one argument. */
export function flags(...each: readonly Named[]): Named {
  if (each.length === 1 && each[0]!.value !== 0) return each[0]!;
  const set = each.filter(({ value }) => value !== 0);
  if (set.length === 0) return { value: 0, text: '0' };
  // All of these are within 32 bits.
  const value = set.reduce((bits, flag) => (bits | Number(flag.value)) >>> 0, 0);
  return { value, text: set.map(({ text }) => text).join('|') };
}

/** An octal number, as modes are read. */
export function octal(value: number): Named {
  return { value, text: `0${value.toString(8)}` };
}

export const AT_FDCWD: Named = { value: -100, text: 'AT_FDCWD' };

export const At = constants({
  AT_SYMLINK_NOFOLLOW: 0x100,
  AT_EACCESS: 0x200,
  AT_EMPTY_PATH: 0x1000,
  AT_RECURSIVE: 0x8000,
});

/** open(2). */
export const O = constants({
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_DIRECTORY: openDirectory,
  O_NOFOLLOW: openNofollow,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
});

/** openat2(2). */
export const Resolve = constants({
  RESOLVE_NO_MAGICLINKS: 0x02,
  RESOLVE_NO_SYMLINKS: 0x04,
  RESOLVE_BENEATH: 0x08,
  RESOLVE_IN_ROOT: 0x10,
});

/** mount(2). */
export const Ms = constants({
  MS_BIND: 0x1000,
  MS_REC: 0x4000,
  MS_UNBINDABLE: 0x20000,
  MS_PRIVATE: 0x40000,
  MS_SLAVE: 0x80000,
  MS_SHARED: 0x100000,
});

/** mount_setattr(2). */
export const MountAttr = constants({
  MOUNT_ATTR_RDONLY: 0x1,
  MOUNT_ATTR_NOSUID: 0x2,
  MOUNT_ATTR_NODEV: 0x4,
  MOUNT_ATTR_NOEXEC: 0x8,
  MOUNT_ATTR_NOATIME: 0x10,
  MOUNT_ATTR_STRICTATIME: 0x20,
  MOUNT_ATTR__ATIME: 0x70,
  MOUNT_ATTR_NODIRATIME: 0x80,
  MOUNT_ATTR_NOSYMFOLLOW: 0x200000,
});

/** fsopen(2), fsconfig(2), fsmount(2), open_tree(2), move_mount(2). */
export const Fs = constants({
  FSOPEN_CLOEXEC: 1,
  FSMOUNT_CLOEXEC: 1,
  FSCONFIG_SET_FLAG: 0,
  FSCONFIG_SET_STRING: 1,
  FSCONFIG_CMD_CREATE: 6,
  OPEN_TREE_CLONE: 1,
  MOVE_MOUNT_F_EMPTY_PATH: 0x4,
  MOVE_MOUNT_T_EMPTY_PATH: 0x40,
  MNT_DETACH: 2,
});

/** clone(2), unshare(2), setns(2). */
export const Clone = constants({
  CLONE_NEWTIME: 0x80,
  CLONE_PARENT: 0x8000,
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
});

/** prctl(2). */
export const Pr = constants({
  PR_SET_DUMPABLE: 4,
  PR_SET_KEEPCAPS: 8,
  PR_SET_NAME: 15,
  PR_CAPBSET_DROP: 24,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_CAP_AMBIENT: 47,
  PR_CAP_AMBIENT_RAISE: 2,
});

/** ioctl(2): terminals and network interfaces. */
export const Ioctl = constants({
  TIOCSCTTY: 0x540e,
  TIOCSWINSZ: 0x5414,
  TIOCSPTLCK: 0x40045431,
  TIOCGPTPEER: 0x5441,
  SIOCSIFFLAGS: 0x8914,
});

/** File types of a mode (inode(7)). */
export const S = constants({ S_IFIFO: 0o010000, S_IFCHR: 0o020000, S_IFBLK: 0o060000 });

/** `struct open_how`. One memory for each combination. */
export function openHow(open: Named, resolve: Named, mode = 0): Memory {
  const key = `{${open.text}${mode ? `, 0${mode.toString(8)}` : ''}, ${resolve.text}}`;
  return remembered(key, () => words(key, 24, [open.value, mode, resolve.value]));
}

/** `struct mount_attr`. One memory for each combination. */
export function mountAttr(set: Named, clear: Named = flags(), propagation: Named = flags()): Memory {
  const parts = [
    ...(set.value ? [`set=${set.text}`] : []),
    ...(clear.value ? [`clear=${clear.text}`] : []),
    ...(propagation.value ? [propagation.text] : []),
  ];
  const key = `{${parts.join(', ')}}`;
  return remembered(key, () => words(key, 32, [set.value, clear.value, propagation.value]));
}

const memories = new Map<string, Memory>();

function remembered(key: string, make: () => Memory): Memory {
  const known = memories.get(key) ?? make();
  memories.set(key, known);
  return known;
}

function words(name: string, size: number, values: readonly (number | bigint)[]): Memory {
  return new Memory(
    name,
    size,
    values.map((value, index) => [index * 8, value] as const),
  );
}
