/** Facts about a path in a container, as `docker cp` asks for them. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { Errno } from '@drydock/linux/errno';
import { close, OpenFlag } from '@drydock/linux/files';
import { tryOpenInRoot } from '@drydock/linux/in-root';
import { formatNanos } from '../../clock.ts';
import { badParameter, notFound } from '../../errors.ts';

/** What the header `X-Docker-Container-Path-Stat` carries. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's FileMode. */
  readonly mode: number;
  readonly mtime: string;
  /** Where a symbolic link leads, as an absolute path in the container. */
  readonly linkTarget: string;
}

/** A path that was found: the directory it is in, open, and its name there. */
export interface FoundPath {
  readonly parent: number;
  readonly name: string;
  readonly stats: Stats;
  readonly stat: PathStat;
}

/**
 * Finds a path. A link at its end is the link itself, unless the path ends in `/` or `/.`. The caller closes `parent`.
 * Throws Docker's `Could not find the file`; `container` is how the client named the container.
 */
export function findPath(rootFd: number, path: string, container: string): FoundPath {
  const missing = notFound(`Could not find the file ${path} in container ${container}`);
  const absolute = posix.join('/', path);
  const follow = /\/\.?$/.test(path) || absolute === '/';
  const clean = absolute.replace(/(.)\/$/, '$1');
  const parent = tryOpenInRoot(rootFd, follow ? clean : posix.dirname(clean), OpenFlag.PATH | OpenFlag.DIRECTORY);
  if (parent === -Errno.ENOENT || parent === -Errno.ENOTDIR || parent === -Errno.ELOOP) throw missing;
  if (parent < 0) throw badParameter(`cannot open ${path} in container ${container}: error ${-parent}`);
  const name = follow ? '.' : posix.basename(clean);
  const stats = lstatSync(`/proc/self/fd/${parent}/${name}`, { throwIfNoEntry: false });
  if (stats === undefined) {
    close(parent);
    throw missing;
  }
  const linkTarget = stats.isSymbolicLink() ? resolveLink(rootFd, clean, `/proc/self/fd/${parent}/${name}`) : '';
  return { parent, name, stats, stat: describe(posix.basename(clean) || '/', stats, linkTarget) };
}

function describe(name: string, stats: Stats, linkTarget: string): PathStat {
  const mtime = formatNanos(BigInt(Math.round(stats.mtimeMs * 1e6)));
  return { name, size: stats.size, mode: goMode(stats), mtime, linkTarget };
}

/** Go's FileMode: permissions in the low nine bits, everything else at the top. */
export function goMode(stats: Stats): number {
  const bits: readonly (readonly [boolean, number])[] = [
    [stats.isDirectory(), 31],
    [stats.isSymbolicLink(), 27],
    [stats.isBlockDevice() || stats.isCharacterDevice(), 26],
    [stats.isFIFO(), 25],
    [stats.isSocket(), 24],
    [(stats.mode & 0o4000) !== 0, 23],
    [(stats.mode & 0o2000) !== 0, 22],
    [stats.isCharacterDevice(), 21],
    [(stats.mode & 0o1000) !== 0, 20],
  ];
  return bits.reduce((mode, [set, bit]) => (set ? mode + 2 ** bit : mode), stats.mode & 0o777);
}

function resolveLink(rootFd: number, path: string, link: string): string {
  const target = tryOpenInRoot(rootFd, path, OpenFlag.PATH);
  // A dangling link: where it would lead.
  if (target < 0) return posix.resolve(posix.dirname(path), readlinkSync(link));
  try {
    const root = readlinkSync(`/proc/self/fd/${rootFd}`);
    const full = readlinkSync(`/proc/self/fd/${target}`);
    return root !== '/' && full.startsWith(root) ? full.slice(root.length) || '/' : full;
  } finally {
    close(target);
  }
}
