/** Mounts a file tree for the time of an action. */
import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { mount, unmount } from '@drydock/linux/mount';
import type { Mount } from '@drydock/rpc/generated/types';

/** Mounts at a new directory below `parent`, which the action gets and which is gone afterwards. */
export async function withMounted<T>(
  parent: string,
  mounts: readonly Mount[],
  action: (directory: string) => T | Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(parent, 'mount-'));
  try {
    for (const spec of mounts) mount(spec, directory);
    return await action(directory);
  } finally {
    unmount(directory, { detach: true });
    rmdirSync(directory);
  }
}
