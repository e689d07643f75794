/** What a directory tree takes up on disk. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Usage } from './backend.ts';

/** Bytes in one block of `st_blocks` (stat(2)). */
const blockSize = 512;

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
