/** What differs between two directory trees, as a layer says it: additions, modifications, and what is gone. */
import { type BigIntStats, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { getXattr } from '@drydock/linux/xattr';
import { pathBytes, statFile } from './file-entry.ts';

/** One change. Paths are byte strings relative to the trees; parents come before what is in them. */
export type Change =
  | { readonly kind: 'added' | 'modified'; readonly path: string; readonly stat: BigIntStats }
  /** A directory that is the same, but has changes in it. */
  | { readonly kind: 'parent'; readonly path: string; readonly stat: BigIntStats }
  | { readonly kind: 'deleted'; readonly path: string };

/** The changes that make `right` of `left`; without `left`, everything is added. */
export function* compareTrees(left: string | undefined, right: string): Generator<Change> {
  yield* compareDirectories(left, right, '');
}

function* compareDirectories(left: string | undefined, right: string, directory: string): Generator<Change> {
  const before = new Set(left === undefined ? [] : namesIn(left + directory));
  const after = new Set(namesIn(right + directory));
  for (const name of [...new Set([...before, ...after])].sort()) {
    const path = `${directory}/${name}`;
    if (!after.has(name)) yield { kind: 'deleted', path };
    else yield* compareFile(before.has(name) ? left : undefined, right, path);
  }
}

function* compareFile(left: string | undefined, right: string, path: string): Generator<Change> {
  const stat = statFile(right + path);
  const old = left === undefined ? undefined : statFile(left + path);
  const stays = old?.isDirectory() && stat.isDirectory();
  const kind = old === undefined ? 'added' : isSame(left + path, old, right + path, stat) ? undefined : 'modified';
  if (kind !== undefined) yield { kind, path, stat };
  if (!stat.isDirectory()) return;
  let isAnnounced = kind !== undefined;
  for (const change of compareDirectories(stays ? left : undefined, right, path)) {
    if (!isAnnounced) yield { kind: 'parent', path, stat };
    isAnnounced = true;
    yield change;
  }
}

/** Whether two files are the same, as far as can be told without reading: times in whole seconds tell too little. */
function isSame(leftPath: string, left: BigIntStats, rightPath: string, right: BigIntStats): boolean {
  const isAlike =
    left.mode === right.mode && left.uid === right.uid && left.gid === right.gid && left.rdev === right.rdev;
  if (!isAlike || !sameCapability(leftPath, rightPath)) return false;
  if (left.isDirectory()) return true;
  if (left.size !== right.size || left.mtimeNs !== right.mtimeNs) return false;
  if (left.mtimeNs % 1_000_000_000n !== 0n) return true;
  if (left.isSymbolicLink())
    return readlinkSync(pathBytes(leftPath), 'latin1') === readlinkSync(pathBytes(rightPath), 'latin1');
  return (
    !left.isFile() || left.size === 0n || readFileSync(pathBytes(leftPath)).equals(readFileSync(pathBytes(rightPath)))
  );
}

function sameCapability(left: string, right: string): boolean {
  const read = (path: string): string =>
    Buffer.from(getXattr(Buffer.from(`${path}\0`, 'latin1'), 'security.capability') ?? []).toString('hex');
  return read(left) === read(right);
}

function namesIn(directory: string): string[] {
  return readdirSync(pathBytes(directory === '' ? '/' : directory), 'latin1');
}
