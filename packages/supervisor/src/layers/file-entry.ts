/** Tar entries from files. */

import type { BigIntStats } from 'node:fs';
import { closeSync, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { getXattr } from '@drydock/linux/xattr';
import type { EntryType, TarEntry } from './tar-entry.ts';
import { encodeEntry, padding } from './tar-writer.ts';

/** Bytes read at a time. */
const chunkSize = 256 * 1024;
/** The attribute that makes a program privileged; the only one that a layer carries. */
const capability = 'security.capability';

/** A path as a byte string, for Node. */
export function pathBytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

export function statFile(path: string): BigIntStats {
  return lstatSync(pathBytes(path), { bigint: true });
}

/** The entry of a file, or undefined for a socket, which no archive holds. `hardLink` is an earlier entry's path. */
export function fileEntry(file: string, path: string, stat: BigIntStats, hardLink?: string): TarEntry | undefined {
  const type = hardLink === undefined ? typeOf(stat) : 'link';
  if (type === undefined) return undefined;
  const device = Number(stat.rdev);
  const value = type === 'file' ? getXattr(Buffer.from(`${file}\0`, 'latin1'), capability) : undefined;
  return {
    path,
    type,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: type === 'file' ? Number(stat.size) : 0,
    // In whole seconds, as containerd has it: a layer of the same files is the same layer.
    modified: { seconds: Math.floor(Number(stat.mtimeNs / 1_000_000n) / 1000), nanos: 0 },
    target: hardLink ?? (type === 'symlink' ? readlinkSync(pathBytes(file), 'latin1') : ''),
    device: { major: (device >> 8) & 0xfff, minor: (device & 0xff) | ((device >> 12) & 0xfff00) },
    xattrs: value === undefined ? new Map() : new Map([[capability, value]]),
  };
}

/** An entry's bytes, its data and padding included. A file that shrinks meanwhile is an error. */
export function* entryBytes(entry: TarEntry, file: string): Generator<Uint8Array> {
  yield encodeEntry(entry);
  if (entry.size === 0) return;
  const descriptor = openSync(pathBytes(file), 'r');
  try {
    for (let left = entry.size; left > 0; ) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkSize, left));
      const length = readSync(descriptor, buffer);
      if (length === 0) throw new Error(`read ${file}: unexpected end: it was ${entry.size} bytes`);
      yield buffer.subarray(0, length);
      left -= length;
    }
  } finally {
    closeSync(descriptor);
  }
  yield padding(entry.size);
}

function typeOf(stat: BigIntStats): EntryType | undefined {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'character';
  if (stat.isBlockDevice()) return 'block';
  return stat.isFIFO() ? 'fifo' : undefined;
}
