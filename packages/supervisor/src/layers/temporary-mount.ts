/** Mounts a snapshot for as long as something is done with its files. */
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mount, unmountTree } from '@drydock/linux/mount';
import type { Mount } from '@drydock/rpc/generated/types';

/** Runs `action` on a new directory with the mounts on it; unmounts and removes it, whatever happens. */
export async function withMounts<T>(mounts: readonly Mount[], action: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-mount-'));
  try {
    for (const spec of mounts) mount(spec, directory);
    return await action(directory);
  } finally {
    unmountTree(directory);
    await rmdir(directory);
  }
}
