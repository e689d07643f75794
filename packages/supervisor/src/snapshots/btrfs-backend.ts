/**
 * Snapshots as subvolumes of btrfs, which share what is the same:
 *
 *   <root>/snapshots/<id>         a subvolume, read-only from its commit on
 */
import { mkdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createSubvolume,
  deleteSubvolume,
  setSubvolumeReadOnly,
  snapshotSubvolume,
  subvolumeId,
  topInode,
} from '@drydock/linux/btrfs';
import { Errno } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';
import type { Mount } from '@drydock/rpc/generated/types';
import { numbersIn, type Place, type SnapshotBackend, type Usage } from './backend.ts';
import { addedUsage, diskUsage } from './disk-usage.ts';

export class BtrfsBackend implements SnapshotBackend {
  readonly #directory: string;
  readonly #device: string;

  /** `root` must be on the btrfs of `device`. */
  constructor(root: string, device: string) {
    this.#directory = join(root, 'snapshots');
    this.#device = device;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  async make({ id, writable, parents }: Place): Promise<void> {
    await this.remove(id);
    const [parent] = parents;
    if (parent === undefined) createSubvolume(this.#subvolume(id));
    else snapshotSubvolume(this.#subvolume(parent), this.#subvolume(id), { isReadOnly: !writable });
  }

  mounts({ id, writable }: Place): Mount[] {
    const options = [`subvolid=${subvolumeId(this.#subvolume(id))}`, ...(writable ? [] : ['ro'])];
    return [{ type: 'btrfs', source: this.#device, target: '', options }];
  }

  usage({ id, parents }: Place): Promise<Usage> {
    const [parent] = parents;
    return parent === undefined
      ? diskUsage(this.#subvolume(id))
      : addedUsage(this.#subvolume(parent), this.#subvolume(id));
  }

  committed({ id }: Place): void {
    setSubvolumeReadOnly(this.#subvolume(id), true);
  }

  async remove(id: number): Promise<void> {
    const path = this.#subvolume(id);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
    try {
      deleteSubvolume(path);
    } catch (error) {
      if (!(error instanceof SyscallError) || error.errno !== Errno.ENOTEMPTY) throw error;
      setSubvolumeReadOnly(path, false);
      await deleteNested(path);
      deleteSubvolume(path);
    }
  }

  list(): Promise<number[]> {
    return numbersIn(this.#directory);
  }

  #subvolume(id: number): string {
    return join(this.#directory, String(id));
  }
}

/** Deletes the subvolumes that a container has made in a directory. */
async function deleteNested(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    await deleteNested(path);
    if ((await stat(path)).ino === topInode) deleteSubvolume(path);
  }
}
