/** Writes tar entries (POSIX ustar, with pax records where a header has no room). */
import type { EntryType, TarEntry } from './tar-entry.ts';
import { xattrPrefix } from './tar-entry.ts';
import { encodeRecord, formatMoment } from './tar-pax.ts';

const blockSize = 512;

const flags: Readonly<Record<EntryType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** What ends an archive. */
export const endOfArchive = Buffer.alloc(2 * blockSize);

/** The bytes in front of an entry's data. */
export function encodeEntry(entry: TarEntry): Buffer {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const records = paxRecords({ ...entry, path });
  if (records.length === 0) return header({ ...entry, path }, flags[entry.type]);
  const name = path.slice(-60).replace(/^\/+/, '');
  const special = { ...entry, path: `PaxHeaders/${name}`, size: records.length, mode: 0o644, target: '' };
  return Buffer.concat([
    header(special, 'x'),
    records,
    padding(records.length),
    header({ ...entry, path }, flags[entry.type]),
  ]);
}

/** The zeros behind `size` bytes of data. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

/** Largest number of an octal field of `width` bytes, one of which ends it. */
const largest = (width: number): number => 8 ** (width - 1) - 1;

function paxRecords({ path, target, uid, gid, size, modified, xattrs }: TarEntry): Buffer {
  const records: Buffer[] = [];
  const text = (key: string, value: string): number => records.push(encodeRecord(key, Buffer.from(value, 'latin1')));
  if (path.length > 100) text('path', path);
  if (target.length > 100) text('linkpath', target);
  if (uid > largest(8)) text('uid', String(uid));
  if (gid > largest(8)) text('gid', String(gid));
  if (size > largest(12)) text('size', String(size));
  if (modified.nanos !== 0 || modified.seconds < 0 || modified.seconds > largest(12))
    text('mtime', formatMoment(modified));
  for (const [key, value] of xattrs) records.push(encodeRecord(xattrPrefix + key, value));
  return Buffer.concat(records);
}

function header(entry: TarEntry, flag: string): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, width: number): void => {
    const fits = value >= 0 && value <= largest(width);
    block.write((fits ? value : 0).toString(8).padStart(width - 1, '0'), at, 'latin1');
  };
  block.write(entry.path.slice(0, 100), 0, 'latin1');
  octal(entry.mode, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(entry.size, 124, 12);
  octal(entry.modified.seconds, 136, 12);
  block.write(flag, 156, 'latin1');
  block.write(entry.target.slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(entry.device.major, 329, 8);
  octal(entry.device.minor, 337, 8);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
