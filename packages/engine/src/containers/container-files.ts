/** Reads /etc/passwd and the like of a container, mounted or not. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { close, OpenFlag } from '@drydock/linux/files';
import { tryOpenInRoot } from '@drydock/linux/in-root';
import type { ReadContainerFile } from '@drydock/oci/user';
import type { Mount } from '@drydock/rpc/generated/types';
import type { Engine } from '../engine.ts';
import { layersOf, readFromLayers } from './layer-files.ts';
import { withMounted } from './mounted.ts';

/** Reads files of a tree that nobody has mounted. */
export function unmountedFiles(engine: Pick<Engine, 'config'>, mounts: readonly Mount[]): ReadContainerFile {
  return async (path) => {
    const layers = layersOf(mounts);
    const found = layers === undefined ? undefined : await readFromLayers(layers, path);
    if (found?.kind === 'text') return found.text;
    if (found?.kind === 'missing') return undefined;
    return withMounted(engine.config.execRoot, mounts, (root) => readBelow(root, path));
  };
}

/** Reads files as a running process sees them. */
export function processFiles(pid: number): ReadContainerFile {
  return async (path) => readBelow(`/proc/${pid}/root`, path);
}

/** Reads a file below a root that its links cannot leave; undefined if it is no file. */
function readBelow(root: string, path: string): string | undefined {
  const rootFd = openSync(root, OpenFlag.PATH | OpenFlag.DIRECTORY);
  try {
    const fd = tryOpenInRoot(rootFd, path, OpenFlag.RDONLY | OpenFlag.NONBLOCK);
    if (fd < 0) return undefined;
    try {
      return readFileSync(fd, 'utf8');
    } finally {
      close(fd);
    }
  } finally {
    closeSync(rootFd);
  }
}
