/** Copies a directory's content with owners, modes, times and extended attributes, never following a link inside it. */
import {
  chmod,
  chown,
  copyFile,
  lchown,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readlink,
  symlink,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { mkfifo } from '@drydock/linux/fifo';
import { listXattrs, setXattr } from '@drydock/linux/xattr';

/** Copies what is in `source` into the directory `target`, which takes over the attributes of `source` too. */
export async function copyTree(source: string, target: string): Promise<void> {
  for (const name of await readdir(source)) await copyEntry(join(source, name), join(target, name));
  // The source may be a /proc/self/fd link to the directory: `/.` means the directory itself.
  await copyAttributes(`${source}/.`, target);
}

async function copyEntry(source: string, target: string): Promise<void> {
  const stats = await lstat(source);
  if (stats.isDirectory()) {
    await mkdir(target);
    return copyTree(source, target);
  }
  if (stats.isSymbolicLink()) {
    await symlink(await readlink(source), target);
    await lchown(target, stats.uid, stats.gid);
    return lutimes(target, stats.atime, stats.mtime);
  }
  if (stats.isFile()) await copyFile(source, target);
  else if (stats.isFIFO()) mkfifo(target);
  // Sockets and device nodes have no place in a volume.
  else return;
  await copyAttributes(source, target);
}

async function copyAttributes(source: string, target: string): Promise<void> {
  const stats = await lstat(source);
  await chown(target, stats.uid, stats.gid);
  for (const [key, value] of listXattrs(source)) if (!key.startsWith('trusted.overlay.')) setXattr(target, key, value);
  await chmod(target, stats.mode & 0o7777);
  await utimes(target, stats.atime, stats.mtime);
}
