/** Fills new volumes with what the image has where they are mounted. */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { close, OpenFlag } from '@drydock/linux/files';
import { tryOpenInRoot } from '@drydock/linux/in-root';
import type { Mount } from '@drydock/rpc/generated/types';
import type { Engine } from '../engine.ts';
import type { Container } from './container.ts';
import { copyTree } from './copy-tree.ts';
import { withMounted } from './mounted.ts';

/** Copies into every empty volume that wants it. The container's tree is mounted only if there is one. */
export async function populateVolumes(engine: Engine, { record }: Container, rootfs: readonly Mount[]): Promise<void> {
  const empty = record.mounts.filter(
    ({ type, copyData, source }) => type === 'volume' && copyData && readdirSync(source).length === 0,
  );
  if (empty.length === 0) return;
  await withMounted(engine.config.execRoot, rootfs, async (root) => {
    const rootFd = openSync(root, OpenFlag.PATH | OpenFlag.DIRECTORY);
    try {
      for (const { destination, source } of empty) {
        const directory = tryOpenInRoot(rootFd, destination, OpenFlag.RDONLY | OpenFlag.DIRECTORY);
        if (directory < 0) continue;
        try {
          await copyTree(`/proc/self/fd/${directory}`, source);
        } finally {
          close(directory);
        }
      }
    } finally {
      closeSync(rootFd);
    }
  });
}
