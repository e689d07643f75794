/** Packs a directory tree, or what changed in it, as a tar stream. */

import { posix } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compareTrees } from './changes.ts';
import { entryBytes, fileEntry } from './file-entry.ts';
import { encodeEntry, endOfArchive } from './tar-writer.ts';

/** Entries between two turns of the event loop. */
const batchSize = 64;

/** The bytes of a tar archive of `right`; with `left`, only of the changes from there, with whiteouts. */
export async function* packDirectory(right: string, left?: string): AsyncGenerator<Uint8Array> {
  /** The first entry of each file with several names. */
  const links = new Map<string, string>();
  let count = 0;
  for (const change of compareTrees(left, right)) {
    count += 1;
    if (count % batchSize === 0) await nextTurn();
    const path = change.path.slice(1);
    if (change.kind === 'deleted') {
      yield encodeEntry(whiteout(path));
      continue;
    }
    const { stat } = change;
    const inode = !stat.isDirectory() && stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : undefined;
    const entry = fileEntry(right + change.path, path, stat, inode === undefined ? undefined : links.get(inode));
    if (entry === undefined) continue;
    if (inode !== undefined && !links.has(inode)) links.set(inode, path);
    yield* entryBytes(entry, right + change.path);
  }
  yield endOfArchive;
}

function whiteout(path: string) {
  return {
    path: posix.join(posix.dirname(path), `.wh.${posix.basename(path)}`),
    type: 'file',
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    modified: { seconds: 0, nanos: 0 },
    target: '',
    device: { major: 0, minor: 0 },
    xattrs: new Map(),
  } as const;
}
