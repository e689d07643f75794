/** Subvolumes of btrfs (kernel: include/uapi/linux/btrfs.h; ioctl_btrfs in btrfs-progs' documentation). */
import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { syscall } from './syscall.ts';

/** `f_type` of statfs(2). */
export const btrfsMagic = 0x9123683e;
/** The inode of every subvolume's top directory. */
export const topInode = 256;

const subvolumeCreate = 0x5000940e;
const snapshotCreateV2 = 0x50009417;
const snapshotDestroy = 0x5000940f;
const subvolumeSetFlags = 0x4008941a;
const inodeLookup = 0xd0009412;
const readOnly = 2n;
/** Bytes of each of the structures `btrfs_ioctl_vol_args`, `…_vol_args_v2` and `…_ino_lookup_args`. */
const structSize = 4096;

/** Makes an empty subvolume. */
export function createSubvolume(path: string): void {
  const name = Buffer.from(basename(path));
  const args = Buffer.alloc(structSize);
  name.copy(args, 8);
  onDirectory(dirname(path), (parent) => syscall('ioctl', [parent, subvolumeCreate, args], `make subvolume ${path}`));
}

/** Makes a subvolume that shares everything with another one. */
export function snapshotSubvolume(source: string, path: string, options: { readonly isReadOnly: boolean }): void {
  const args = Buffer.alloc(structSize);
  args.writeBigUInt64LE(options.isReadOnly ? readOnly : 0n, 16);
  Buffer.from(basename(path)).copy(args, 56);
  onDirectory(source, (from) => {
    args.writeBigInt64LE(BigInt(from), 0);
    onDirectory(dirname(path), (parent) =>
      syscall('ioctl', [parent, snapshotCreateV2, args], `make snapshot ${path} of ${source}`),
    );
  });
}

/** Removes a subvolume with everything in it; ENOTEMPTY if another subvolume is in it. */
export function deleteSubvolume(path: string): void {
  const args = Buffer.alloc(structSize);
  Buffer.from(basename(path)).copy(args, 8);
  onDirectory(dirname(path), (parent) => syscall('ioctl', [parent, snapshotDestroy, args], `delete subvolume ${path}`));
}

/** Says whether anybody may write to a subvolume, through whichever mount. */
export function setSubvolumeReadOnly(path: string, isReadOnly: boolean): void {
  const flags = Buffer.alloc(8);
  flags.writeBigUInt64LE(isReadOnly ? readOnly : 0n);
  const op = `set flags of subvolume ${path}`;
  onDirectory(path, (subvolume) => syscall('ioctl', [subvolume, subvolumeSetFlags, flags], op));
}

/** The number of the subvolume that a directory is in, as the mount option `subvolid` takes it. */
export function subvolumeId(path: string): number {
  const args = Buffer.alloc(structSize);
  args.writeBigUInt64LE(BigInt(topInode), 8);
  onDirectory(path, (directory) => syscall('ioctl', [directory, inodeLookup, args], `look up subvolume ${path}`));
  return Number(args.readBigUInt64LE(0));
}

function onDirectory(path: string, action: (descriptor: number) => void): void {
  const descriptor = openSync(path, 'r');
  try {
    action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
