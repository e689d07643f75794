/** Packs a file or directory as a tar stream, with owners, modes, times, hard links, devices and extended attributes. */
import { type BigIntStats, constants, createReadStream, openSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { listXattrs } from '@drydock/linux/xattr';
import type { Header, Pack } from 'tar-stream';

/** Which attributes go into the archive: those of the kernel's own file systems do not. */
const packedAttributes = /^(security\.capability|user\.)/;

/** What a walk knows. */
interface Walk {
  readonly archive: Pack;
  /** The first name of each file that has several. */
  readonly seen: Map<string, string>;
  /** Whether what is mounted on a directory, given relative to the start, belongs to the tree. */
  readonly enters: (relative: string) => boolean;
}

/** Adds what is at `path` under `name`; a directory with all that is below it, but not below mounts that `enters` refuses. */
export async function packTree(
  archive: Pack,
  path: string,
  name: string,
  enters: Walk['enters'] = () => true,
): Promise<void> {
  await packEntry({ archive, seen: new Map(), enters }, path, name, '');
}

/** Adds what is in a directory, but not the directory. */
export async function packChildren(archive: Pack, path: string): Promise<void> {
  const walk: Walk = { archive, seen: new Map(), enters: () => true };
  for (const child of (await readdir(path)).sort()) await packEntry(walk, join(path, child), child, '');
}

async function packEntry(walk: Walk, path: string, name: string, relative: string, device?: bigint): Promise<void> {
  const { archive, seen } = walk;
  const stats = await lstat(path, { bigint: true });
  const header = await headerOf(path, name, stats);
  if (header === undefined) return;
  const inode = `${stats.dev}:${stats.ino}`;
  const first = stats.nlink > 1n && !stats.isDirectory() ? seen.get(inode) : undefined;
  if (first !== undefined) return addEntry(archive, { ...header, type: 'link', linkname: first, size: 0 });
  if (stats.nlink > 1n) seen.set(inode, name);
  if (stats.isFile()) return addFile(archive, header, path);
  await addEntry(archive, header);
  if (!stats.isDirectory()) return;
  // Another file system that is not the container's own, such as /proc, is left empty.
  if (device !== undefined && stats.dev !== device && !walk.enters(relative)) return;
  const prefix = name === '/' ? '' : name;
  for (const child of (await readdir(path)).sort())
    await packEntry(walk, join(path, child), `${prefix}/${child}`, `${relative}/${child}`, stats.dev);
}

async function headerOf(
  path: string,
  name: string,
  stats: BigIntStats,
): Promise<(Partial<Header> & { name: string }) | undefined> {
  const attributes = stats.isFile() || stats.isDirectory() ? listXattrs(path) : new Map<string, Uint8Array>();
  const pax = Object.fromEntries(
    [...attributes]
      .filter(([key]) => packedAttributes.test(key))
      .map(([key, value]) => [`SCHILY.xattr.${key}`, Buffer.from(value).toString('latin1')]),
  );
  const header = {
    name: stats.isDirectory() && name !== '/' ? `${name}/` : name,
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: new Date(Number(stats.mtimeMs)),
    size: 0,
    ...(Object.keys(pax).length > 0 ? { pax } : {}),
  };
  if (stats.isDirectory()) return { ...header, type: 'directory' };
  if (stats.isSymbolicLink()) return { ...header, type: 'symlink', linkname: await readlink(path) };
  if (stats.isFile()) return { ...header, type: 'file', size: Number(stats.size) };
  if (stats.isFIFO()) return { ...header, type: 'fifo' };
  const device = {
    devmajor: Number((stats.rdev >> 8n) & 0xfffn),
    devminor: Number((stats.rdev & 0xffn) | ((stats.rdev >> 12n) & 0xfff00n)),
  };
  if (stats.isCharacterDevice()) return { ...header, type: 'character-device', ...device };
  if (stats.isBlockDevice()) return { ...header, type: 'block-device', ...device };
  // Sockets mean nothing elsewhere.
  return undefined;
}

function addEntry(archive: Pack, header: Partial<Header> & { name: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, (error) => (error ? reject(error) : resolve())).end(null);
  });
}

/** Adds a file's bytes, exactly as many as its header says: it may grow or shrink meanwhile. */
async function addFile(archive: Pack, header: Partial<Header> & { name: string }, path: string): Promise<void> {
  const size = header.size ?? 0;
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const source = createReadStream('', { fd, ...(size > 0 ? { end: size - 1 } : {}) });
  const done = Promise.withResolvers<void>();
  const entry = archive.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
  let written = 0;
  const write = async (chunk: Buffer): Promise<void> => {
    written += chunk.length;
    if (!entry.write(chunk)) await new Promise<void>((resolve) => entry.once('drain', resolve));
  };
  if (size > 0) for await (const chunk of source) await write(chunk as Buffer);
  else source.destroy();
  while (written < size) await write(Buffer.alloc(Math.min(64 * 1024, size - written)));
  entry.end(null);
  await done.promise;
}
