/** Mounts a snapshot for as long as something is done with its files. */
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mount, unmountTree } from '@drydock/linux/mount';
import type { Mount } from '@drydock/rpc/generated/types';

/**
 * Runs `action` on a new directory, in `place`, with the mounts on it; unmounts and removes it, whatever happens. What a
 * kill leaves there, {@link removeTemporaryMounts} takes away.
 */
export async function withMounts<T>(
  mounts: readonly Mount[],
  action: (directory: string) => Promise<T>,
  place: string = tmpdir(),
): Promise<T> {
  const directory = await mkdtemp(join(place, 'drydock-mount-'));
  try {
    for (const spec of mounts) mount(spec, directory);
    return await action(directory);
  } finally {
    unmountTree(directory);
    await rmdir(directory);
  }
}

/** Makes the place for temporary mounts; takes away what is there. Nothing that was mounted is touched. */
export function removeTemporaryMounts(place: string): void {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(place)) {
    unmountTree(join(place, name));
    rmdirSync(join(place, name));
  }
}
