/**
 * Snapshots as plain directories, each a whole copy of its parent: for any filesystem. Where the filesystem can share the
 * blocks of files (reflinks), a copy takes no space.
 *
 *   <root>/snapshots/<id>         the whole tree; of a view on a parent an empty mark, since the parent itself is mounted
 */
import { mkdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@drydock/rpc/generated/types';
import { bindMount, numbersIn, type Place, type SnapshotBackend, type Usage } from './backend.ts';
import { diskUsage } from './disk-usage.ts';
import { runTool } from './tool.ts';

export class NativeBackend implements SnapshotBackend {
  readonly #directory: string;

  constructor(root: string) {
    this.#directory = join(root, 'snapshots');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  async make({ id, writable, parents }: Place): Promise<void> {
    await this.remove(id);
    await mkdir(this.#tree(id), { mode: 0o755 });
    const [parent] = parents;
    if (!writable || parent === undefined) return;
    await runTool('cp', ['--archive', '--reflink=auto', '--no-target-directory', this.#tree(parent), this.#tree(id)]);
  }

  mounts({ id, writable, parents }: Place): Mount[] {
    return [bindMount(this.#tree(writable ? id : (parents[0] ?? id)), writable)];
  }

  usage({ id }: Place): Promise<Usage> {
    return diskUsage(this.#tree(id));
  }

  async remove(id: number): Promise<void> {
    await rm(this.#tree(id), { recursive: true, force: true });
  }

  list(): Promise<number[]> {
    return numbersIn(this.#directory);
  }

  #tree(id: number): string {
    return join(this.#directory, String(id));
  }
}
