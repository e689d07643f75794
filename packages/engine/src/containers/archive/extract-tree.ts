/**
 * Unpacks a tar stream below a directory of a container. Every path is resolved by the kernel inside the container's root,
 * so neither names with `..` nor links, those of the archive included, lead outside.
 */
import { createWriteStream, lstatSync, rmSync } from 'node:fs';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Errno } from '@drydock/linux/errno';
import {
  chmodAt,
  chownAt,
  close,
  FileType,
  linkAt,
  mkdirAt,
  mknodAt,
  OpenFlag,
  openAt,
  setTimesAt,
  symlinkAt,
  unlinkAt,
} from '@drydock/linux/files';
import { openDirectoryInRoot, tryOpenInRoot } from '@drydock/linux/in-root';
import { SyscallError } from '@drydock/linux/syscall';
import { setXattr } from '@drydock/linux/xattr';
import { extract, type Header } from 'tar-stream';
import { badParameter, messageOf } from '../../errors.ts';

export interface ExtractOptions {
  /** The directory to unpack in, as an absolute path in the container. */
  readonly directory: string;
  /** A directory must not give way to a file, nor the other way round. */
  readonly keepTypes: boolean;
  /** The owner of everything; undefined for the owners in the archive. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/** Unpacks an archive, plain or packed with gzip. */
export async function extractTree(rootFd: number, body: Readable, options: ExtractOptions): Promise<void> {
  const entries = extract();
  const source = await inflated(body);
  const copying = pipeline(source, entries).catch(
    (error: unknown) => void entries.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  const directories: { readonly header: Header; readonly path: string }[] = [];
  try {
    for await (const entry of entries) {
      const path = posix.join(options.directory, posix.join('/', entry.header.name)).replace(/(.)\/$/, '$1');
      await extractEntry(rootFd, path, entry.header, entry as AsyncIterable<unknown> as AsyncIterable<Buffer>, options);
      entry.resume();
      if (entry.header.type === 'directory') directories.push({ header: entry.header, path });
    }
  } catch (error) {
    if (/tar header|Unexpected end/i.test(messageOf(error))) throw badParameter(`invalid archive: ${messageOf(error)}`);
    throw error;
  } finally {
    await copying;
  }
  // What was made inside changed their times.
  for (const { header, path } of directories.reverse())
    inParent(rootFd, path, (parent, name) => setTimes(parent, name, header));
}

async function inflated(body: Readable): Promise<Readable> {
  for await (const first of body.iterator({ destroyOnReturn: false })) {
    body.unshift(first);
    const bytes = first as Buffer;
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? body.pipe(createGunzip()) : body;
  }
  return body;
}

async function extractEntry(
  rootFd: number,
  path: string,
  header: Header,
  source: AsyncIterable<Buffer>,
  options: ExtractOptions,
): Promise<void> {
  if (path === options.directory || path === '/') return;
  const parent = openDirectoryInRoot(rootFd, posix.dirname(path));
  const name = posix.basename(path);
  try {
    makeRoom(parent, name, header, options);
    await make(rootFd, parent, name, header, source, options);
    if (header.type === 'link') return;
    const { uid, gid } = options.owner ?? header;
    chownAt(parent, name, uid, gid);
    if (header.type !== 'symlink') chmodAt(parent, name, header.mode & 0o7777);
    for (const [key, value] of attributes(header)) setXattr(pathOf(parent, name), key, value);
    setTimes(parent, name, header);
  } finally {
    close(parent);
  }
}

/** Removes what is in the way. A directory stays for a directory. */
function makeRoom(parent: number, name: string, header: Header, { keepTypes }: ExtractOptions): void {
  const path = pathOf(parent, name);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const isDirectory = header.type === 'directory';
  if (stats.isDirectory() && isDirectory) return;
  if (keepTypes && stats.isDirectory() && !isDirectory)
    throw badParameter(`cannot overwrite directory "${name}" with non-directory "${header.name}"`);
  if (keepTypes && !stats.isDirectory() && isDirectory)
    throw badParameter(`cannot overwrite non-directory "${name}" with directory "${header.name}"`);
  if (stats.isDirectory()) rmSync(path, { recursive: true });
  else unlinkAt(parent, name);
}

async function make(
  rootFd: number,
  parent: number,
  name: string,
  header: Header,
  source: AsyncIterable<Buffer>,
  options: ExtractOptions,
): Promise<void> {
  const device = { major: header.devmajor, minor: header.devminor };
  switch (header.type) {
    case 'directory':
      return makeDirectory(parent, name);
    case 'symlink':
      return symlinkAt(header.linkname, parent, name);
    case 'link':
      return makeLink(rootFd, parent, name, posix.join(options.directory, posix.join('/', header.linkname)));
    case 'character-device':
      return mknodAt(parent, name, FileType.character | 0o600, device);
    case 'block-device':
      return mknodAt(parent, name, FileType.block | 0o600, device);
    case 'fifo':
      return mknodAt(parent, name, FileType.fifo | 0o600, { major: 0, minor: 0 });
    default: {
      const fd = openAt(parent, name, OpenFlag.WRONLY | OpenFlag.CREAT | OpenFlag.EXCL | OpenFlag.NOFOLLOW, 0o600);
      return pipeline(source, createWriteStream('', { fd }));
    }
  }
}

function makeDirectory(parent: number, name: string): void {
  try {
    mkdirAt(parent, name, 0o755);
  } catch (error) {
    if (!(error instanceof SyscallError && error.errno === Errno.EEXIST)) throw error;
  }
}

function makeLink(rootFd: number, parent: number, name: string, target: string): void {
  inParent(rootFd, target, (targetParent, targetName) => linkAt(targetParent, targetName, parent, name));
}

function inParent(rootFd: number, path: string, action: (parent: number, name: string) => void): void {
  const parent = tryOpenInRoot(rootFd, posix.dirname(path), OpenFlag.PATH | OpenFlag.DIRECTORY);
  if (parent < 0) throw new SyscallError(`open ${posix.dirname(path)}`, -parent);
  try {
    action(parent, posix.basename(path));
  } finally {
    close(parent);
  }
}

/** A name in an open directory, as a path. */
function pathOf(parent: number, name: string): string {
  return `/proc/self/fd/${parent}/${name}`;
}

function setTimes(parent: number, name: string, { mtime }: Header): void {
  const seconds = Math.floor(mtime.getTime() / 1000);
  const time = { seconds, nanos: (mtime.getTime() - seconds * 1000) * 1_000_000 };
  setTimesAt(parent, name, time, time);
}

function attributes({ pax }: Header): [string, Uint8Array][] {
  const prefix = 'SCHILY.xattr.';
  return Object.entries((pax ?? {}) as Record<string, string>)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), Buffer.from(value, 'latin1')]);
}
