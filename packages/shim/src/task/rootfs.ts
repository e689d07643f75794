/** The container's root filesystem: mounted by the shim from what the caller names, unmounted by the shim. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type MountSpec, mount, unmountAll, unmountTree } from '@drydock/linux/mount';

/** Mounts each entry on the bundle's rootfs. If one fails, none stays. */
export function mountRootfs(mounts: readonly MountSpec[], bundle: string): void {
  if (mounts.length === 0) return;
  const target = join(bundle, 'rootfs');
  mkdirSync(target, { recursive: true, mode: 0o711 });
  try {
    for (const spec of mounts) mount(spec, target);
  } catch (error) {
    unmountAll(target);
    throw error;
  }
}

/** Unmounts the bundle's rootfs and what may be mounted below it. */
export function unmountRootfs(bundle: string): void {
  unmountTree(join(bundle, 'rootfs'));
}
