/**
 * Which snapshotters there are on this machine, and why the others are not: as containerd's plugins are, in its order.
 *
 *   overlayfs, native     always
 *   btrfs                 where its directory is on btrfs
 *   devmapper             where it is configured
 *   fuse-overlayfs        where its programs are; containerd has it as a plugin in a process of its own
 *   aufs, zfs             never
 */
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { btrfsMagic } from '@drydock/linux/btrfs';
import { type MountEntry, readMountTable } from '@drydock/linux/mountinfo';
import type { SnapshotBackend } from './backend.ts';
import { BtrfsBackend } from './btrfs-backend.ts';
import { DeviceMapperBackend } from './device-mapper-backend.ts';
import { readDeviceMapperConfig } from './device-mapper-config.ts';
import { FuseOverlayBackend } from './fuse-overlay-backend.ts';
import { NativeBackend } from './native-backend.ts';
import { OverlayBackend } from './overlay-backend.ts';

/** A snapshotter: one that works has a backend, another a problem. */
export interface Snapshotter {
  readonly name: string;
  /** Its directory, where containerd tells it. */
  readonly root: string | undefined;
  readonly backend?: SnapshotBackend;
  /** Why it cannot be used, in containerd's words. */
  readonly problem?: string;
  /** What to use instead. */
  readonly hint?: string;
}

export interface SnapshotterOptions {
  /** The directory of a snapshotter, unless its configuration names another. */
  readonly directory: (name: string) => string;
  /** The tables `[plugins."io.containerd.snapshotter.v1.NAME"]`, by name. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Names of snapshotters that are turned off. */
  readonly disabled?: readonly string[];
}

/** A reason for which containerd calls a plugin skipped rather than failed. */
const skip = (reason: string): Error => new Error(`${reason}: skip plugin`);

export function openSnapshotters({ directory, config = {}, disabled = [] }: SnapshotterOptions): Snapshotter[] {
  const rootOf = (name: string): string => {
    const { root_path: root } = (config[name] ?? {}) as { root_path?: unknown };
    return typeof root === 'string' && root !== '' ? root : directory(name);
  };
  const open = (name: string, make: (root: string) => SnapshotBackend, hint?: string): Snapshotter => {
    const root = rootOf(name);
    try {
      return { name, root, backend: make(root) };
    } catch (error) {
      return { name, root, problem: (error as Error).message, ...(hint === undefined ? {} : { hint }) };
    }
  };
  const layered = 'use overlayfs, which stacks the same layers';
  const snapshotters: Snapshotter[] = [
    open(
      'aufs',
      () => {
        throw skip('aufs is not supported: Linux does not have it');
      },
      layered,
    ),
    open('btrfs', openBtrfs, 'use overlayfs, or put the directory on a btrfs'),
    {
      ...open(
        'devmapper',
        (root) => new DeviceMapperBackend(readDeviceMapperConfig(config.devmapper, root)),
        'configure plugins."io.containerd.snapshotter.v1.devmapper" with a thin pool, or use overlayfs',
      ),
      root: undefined,
    },
    open('fuse-overlayfs', openFuseOverlay, 'install fuse-overlayfs and fuse3, or use overlayfs'),
    { ...open('native', (root) => new NativeBackend(root)), root: undefined },
    open('overlayfs', (root) => new OverlayBackend(root)),
    open(
      'zfs',
      (root) => {
        throw skip(`path ${root} must be a zfs filesystem to be used with the zfs snapshotter`);
      },
      'use overlayfs, or btrfs where snapshots must share blocks',
    ),
  ];
  return snapshotters.filter(({ name }) => !disabled.includes(name));
}

/** What to use in place of each snapshotter that cannot be used. */
export function hintsOf(snapshotters: readonly Snapshotter[]): Map<string, string> {
  return new Map(snapshotters.flatMap(({ name, hint }) => (hint === undefined ? [] : [[name, hint]])));
}

function openBtrfs(root: string): SnapshotBackend {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const { type, source } = mountOf(root);
  if (statfsSync(root).type !== btrfsMagic)
    throw skip(`path ${root} (${type}) must be a btrfs filesystem to be used with the btrfs snapshotter`);
  return new BtrfsBackend(root, source);
}

function openFuseOverlay(root: string): SnapshotBackend {
  for (const program of ['fuse-overlayfs', 'mount.fuse3'])
    if (!isInPath(program)) throw skip(`fuse-overlayfs is not supported: no ${program} in $PATH`);
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    throw skip(`fuse-overlayfs is not supported: ${(error as Error).message}`);
  }
  return new FuseOverlayBackend(root);
}

/** The mount that a path is on: the last of those whose mount points lead to it. */
export function mountOf(path: string): MountEntry {
  const isBelow = ({ mountPoint }: MountEntry): boolean =>
    mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
  const deepest = Math.max(
    ...readMountTable()
      .filter(isBelow)
      .map(({ mountPoint }) => mountPoint.length),
  );
  return readMountTable()
    .filter(isBelow)
    .findLast(({ mountPoint }) => mountPoint.length === deepest)!;
}

function isInPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
