/**
 * Whiteouts: entries of a layer that say what it removes of the layers below (OCI image-spec, layer.md).
 *
 *   .wh.NAME          NAME is gone
 *   .wh..wh..opq      of this directory, everything of the layers below is gone
 */
import { readdirSync, rmSync } from 'node:fs';
import { posix } from 'node:path';
import { chownAt, FileType, mknodAt } from '@drydock/linux/files';
import { pathAt, setXattr } from '@drydock/linux/xattr';
import { readable, type TarEntry } from './tar-entry.ts';

const prefix = '.wh.';
const opaque = '.wh..wh..opq';

/** What a layer's whiteouts become. Names and paths are byte strings. */
export interface WhiteoutRule {
  /** Carries out `name` in the open directory `parent` if it is a whiteout; answers whether it was one. */
  convert(parent: number, name: string, path: string, entry: TarEntry): boolean;
  /** Hears of each file that the layer itself makes. */
  made?(directory: string, name: string): void;
}

/** For an upper directory of overlayfs: a character device 0:0, and an attribute of an opaque directory. */
export const overlayWhiteouts: WhiteoutRule = {
  convert(parent, name, path, entry) {
    if (name === opaque) {
      setXattr(pathAt(parent, '.'), 'trusted.overlay.opaque', Buffer.from('y'));
      return true;
    }
    const hidden = hiddenName(name, path);
    if (hidden === undefined) return false;
    const file = Buffer.from(`${hidden}\0`, 'latin1');
    mknodAt(parent, file, FileType.character, { major: 0, minor: 0 });
    chownAt(parent, file, entry.uid, entry.gid);
    return true;
  },
};

/** For a directory that holds the layers below: what is hidden is removed. */
export function removingWhiteouts(): WhiteoutRule {
  const own = new Set<string>();
  const remove = (parent: number, name: string): void =>
    rmSync(Buffer.from(pathAt(parent, Buffer.from(name, 'latin1'))), { recursive: true, force: true });
  return {
    convert(parent, name, path) {
      if (name === opaque) {
        const directory = posix.dirname(path);
        for (const other of readdirSync(`/proc/self/fd/${parent}`, 'latin1'))
          if (!own.has(posix.join(directory, other))) remove(parent, other);
        return true;
      }
      const hidden = hiddenName(name, path);
      if (hidden === undefined) return false;
      remove(parent, hidden);
      return true;
    },
    made: (directory, name) => own.add(posix.join(directory, name)),
  };
}

/** The name that a whiteout hides, or undefined for any other file. Throws for one that would leave its directory. */
function hiddenName(name: string, path: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const hidden = name.slice(prefix.length);
  if (['', '.', '..'].includes(hidden)) throw new Error(`invalid whiteout name: ${readable(path)}`);
  return hidden;
}
