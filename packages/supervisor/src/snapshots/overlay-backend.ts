/**
 * Snapshots as layers of overlayfs (kernel: Documentation/filesystems/overlayfs.rst), on disk as containerd has them:
 *
 *   <root>/snapshots/<id>/fs      what the snapshot changes: an upper directory, later a lower one
 *   <root>/snapshots/<id>/work    overlayfs' own, of active snapshots
 */
import { chownSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@drydock/rpc/generated/types';
import { bindMount, numbersIn, type Place, type SnapshotBackend, type Usage } from './backend.ts';
import { diskUsage } from './disk-usage.ts';

/** Whether this kernel must be told not to index hard links, which would tie an upper directory to one mount. */
const indexParameter = '/sys/module/overlay/parameters/index';

export class OverlayBackend implements SnapshotBackend {
  /** The type of its mounts. */
  protected readonly type: string = 'overlay';
  readonly #directory: string;
  readonly #options: readonly string[];

  /** For the kernel's overlayfs. */
  constructor(root: string, hasIndex: boolean = existsSync(indexParameter)) {
    this.#directory = join(root, 'snapshots');
    this.#options = hasIndex ? ['index=off'] : [];
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  make({ id, writable, parents }: Place): void {
    const place = join(this.#directory, String(id));
    if (existsSync(place)) rmSync(place, { recursive: true });
    mkdirSync(place, { mode: 0o700 });
    mkdirSync(this.#upper(id), { mode: 0o755 });
    if (writable) mkdirSync(join(place, 'work'), { mode: 0o711 });
    const [parent] = parents;
    if (parent === undefined) return;
    const { uid, gid } = statSync(this.#upper(parent));
    if (uid !== 0 || gid !== 0) chownSync(this.#upper(id), uid, gid);
  }

  mounts({ id, writable, parents }: Place): Mount[] {
    const [parent] = parents;
    if (parent === undefined) return [bindMount(this.#upper(id), writable)];
    if (!writable && parents.length === 1) return [bindMount(this.#upper(parent), false)];
    const options = [
      ...this.#options,
      ...(writable ? [`workdir=${join(this.#directory, String(id), 'work')}`, `upperdir=${this.#upper(id)}`] : []),
      `lowerdir=${parents.map((lower) => this.#upper(lower)).join(':')}`,
    ];
    return [{ type: this.type, source: 'overlay', target: '', options }];
  }

  usage({ id }: Place): Promise<Usage> {
    return diskUsage(this.#upper(id));
  }

  async remove(id: number): Promise<void> {
    await rm(join(this.#directory, String(id)), { recursive: true, force: true });
  }

  list(): Promise<number[]> {
    return numbersIn(this.#directory);
  }

  #upper(id: number): string {
    return join(this.#directory, String(id), 'fs');
  }
}
