/** Directories that an upper layer needs but does not hold: they take owner, mode, times and attributes from below. */
import { fchmodSync, fchownSync, fstatSync, futimesSync, openSync } from 'node:fs';
import { close, OpenFlag } from '@drydock/linux/files';
import { tryOpenInRoot } from '@drydock/linux/in-root';
import { listXattrs, setXattr } from '@drydock/linux/xattr';
import type { ParentRule } from './unpacker.ts';

/** The rule for an upper directory on top of `lower`, the nearest layer first. */
export function lowerParents(lower: readonly string[]): ParentRule {
  return (path, descriptor) => {
    for (const layer of lower) {
      const root = openSync(layer, OpenFlag.PATH | OpenFlag.DIRECTORY);
      try {
        const found = tryOpenInRoot(root, Buffer.from(`${path}\0`, 'latin1'), OpenFlag.RDONLY | OpenFlag.NONBLOCK);
        if (found < 0) continue;
        try {
          // What a layer has replaced by something else is not the directory that is meant.
          if (fstatSync(found).isDirectory()) copyAttributes(found, descriptor);
          return;
        } finally {
          close(found);
        }
      } finally {
        close(root);
      }
    }
  };
}

function copyAttributes(from: number, to: number): void {
  const stat = fstatSync(from);
  fchownSync(to, stat.uid, stat.gid);
  fchmodSync(to, stat.mode & 0o7777);
  for (const [key, value] of listXattrs(`/proc/self/fd/${from}/.`))
    if (!key.startsWith('trusted.overlay.')) setXattr(`/proc/self/fd/${to}/.`, key, value);
  futimesSync(to, stat.atime, stat.mtime);
}
