/**
 * Snapshots as layers of fuse-overlayfs, a program that serves what overlayfs does: for a user whom the kernel lets mount no
 * overlay. On disk it is as overlayfs has it; the mounts are those of containerd's fuse-overlayfs-snapshotter.
 */
import { OverlayBackend } from './overlay-backend.ts';

export class FuseOverlayBackend extends OverlayBackend {
  protected override readonly type = 'fuse3.fuse-overlayfs';

  constructor(root: string) {
    super(root, false);
  }
}
