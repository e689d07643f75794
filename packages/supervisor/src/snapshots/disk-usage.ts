/** What a directory tree takes up on disk. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compareTrees } from '../layers/changes.ts';
import type { Usage } from './backend.ts';

/** Bytes in one block of `st_blocks` (stat(2)). */
const blockSize = 512;
/** Changes between two turns of the event loop. */
const batchSize = 64;

/** Allocated bytes and inodes of a tree, the top directory included; a file with many names counts once. */
export async function diskUsage(directory: string): Promise<Usage> {
  const seen = new Set<string>();
  let size = 0;
  const visit = async (path: string): Promise<void> => {
    const stat = await lstat(path);
    const inode = `${stat.dev}:${stat.ino}`;
    if (seen.has(inode)) return;
    seen.add(inode);
    size += stat.blocks * blockSize;
    if (stat.isDirectory()) for (const name of await readdir(path)) await visit(join(path, name));
  };
  await visit(directory);
  return { size, inodes: seen.size };
}

/** What a tree has that another, which it began as, has not: bytes of files that are new or changed, and their inodes. */
export async function addedUsage(before: string, directory: string): Promise<Usage> {
  const seen = new Set<bigint>();
  let size = 0;
  let count = 0;
  for (const change of compareTrees(before, directory)) {
    count += 1;
    if (count % batchSize === 0) await nextTurn();
    if (change.kind === 'deleted' || change.kind === 'parent' || seen.has(change.stat.ino)) continue;
    seen.add(change.stat.ino);
    size += Number(change.stat.size);
  }
  return { size, inodes: seen.size };
}
