/** The machine's device nodes, as a container may be given them. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';

export interface HostDevice {
  readonly path: string;
  /** `c` or `b`. */
  readonly type: string;
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The device nodes below a directory; those of other instances (pts, shm, mqueue) and the console are left out. */
export function* hostDevices(directory: string): Generator<HostDevice> {
  const skipped = ['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev'];
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || path === '/dev/console') continue;
    if (stats.isDirectory() && !skipped.includes(name)) yield* hostDevices(path);
    const device = deviceAt(path, stats);
    if (device !== undefined) yield device;
  }
}

/** The device node that a path is; undefined if it is none. */
export function deviceAt(path: string, stats: Stats): HostDevice | undefined {
  const type = stats.isCharacterDevice() ? 'c' : stats.isBlockDevice() ? 'b' : undefined;
  if (type === undefined) return undefined;
  return { path, type, ...deviceNumberOf(stats.rdev), fileMode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
}

/** A device number taken apart (makedev(3)). */
export function deviceNumberOf(device: number): { major: number; minor: number } {
  const number = BigInt(device);
  return {
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn)),
    minor: Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n)),
  };
}
