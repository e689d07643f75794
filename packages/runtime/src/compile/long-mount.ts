/**
 * A mount with options that fsconfig(2) does not take: it reads at most 255 characters of each, and overlay's directories
 * are longer. mount(2) takes a page of them. It is done on `.`, so that it too names no path of the image.
 */
import { errnoText } from '@drydock/linux/errno';
import { Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { AT_FDCWD, flags, O } from './constants.ts';
import type { MountOptions } from './mount-options.ts';

const longest = 255;

/** Whether fsconfig would refuse an option for its length. */
export function hasLongOption(data: readonly string[]): boolean {
  return data.some((option) => option.length - option.indexOf('=') - 1 > longest);
}

/** Flags of mount(2) by the name of the attribute or of the filesystem's flag. */
const mountFlags: Readonly<Record<string, number>> = {
  MOUNT_ATTR_RDONLY: 0x1,
  MOUNT_ATTR_NOSUID: 0x2,
  MOUNT_ATTR_NODEV: 0x4,
  MOUNT_ATTR_NOEXEC: 0x8,
  sync: 0x10,
  mand: 0x40,
  dirsync: 0x80,
  MOUNT_ATTR_NOSYMFOLLOW: 0x100,
  MOUNT_ATTR_NOATIME: 0x400,
  MOUNT_ATTR_NODIRATIME: 0x800,
  MOUNT_ATTR_STRICTATIME: 1 << 24,
  lazytime: 1 << 25,
};

export interface LongMount {
  readonly type: string;
  readonly source: string;
  readonly options: MountOptions;
  readonly data: readonly string[];
  /** Descriptor of the directory to mount on; it is closed. */
  readonly target: Slot;
  /** The path that leads to it, below the root. */
  readonly failure: (op: string, errno: number) => string;
}

/** Mounts on a directory by descriptor; the working directory is the same afterwards. */
export function mountWithLongOptions(
  program: Program,
  { type, source, options, data, target, failure }: LongMount,
): void {
  const before = new Slot('working directory');
  const fails = (op: string) => (errno: number) => failure(op, errno);
  const names = [...options.attributes.set.map(({ text }) => text), ...options.filesystemFlags];
  const value = names.reduce((bits, name) => bits | (mountFlags[name] ?? 0), 0);
  program.call('openat', [AT_FDCWD, '.', flags(O.O_PATH, O.O_DIRECTORY, O.O_CLOEXEC), 0], { store: before });
  program.call('fchdir', [target], { failure: fails('fchdir to the mount point') });
  program.call('mount', [source, '.', type, { value, text: names.join('|') || '0' }, data.join(',')], {
    failure: (errno) => failure(`mount ${type} (${data.join(',')})`, errno),
  });
  program.call('fchdir', [before], { failure: (errno) => `fchdir back: ${errnoText(errno)}` });
  program.call('close', [before]);
  program.call('close', [target]);
}
