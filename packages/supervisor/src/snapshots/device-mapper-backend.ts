/**
 * Snapshots as devices of a thin pool (kernel: Documentation/admin-guide/device-mapper/thin-provisioning.rst), each with a
 * filesystem. Somebody else makes the pool. A device's number is the snapshot's:
 *
 *   <root_path>/devices/<id>              says that the pool may have device <id>: written before it is made
 *   /dev/mapper/<pool>-snap-<id>          the device of a snapshot that is not committed
 */
import { existsSync, mkdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '@drydock/rpc/generated/types';
import { numbersIn, type Place, type SnapshotBackend, type Usage } from './backend.ts';
import type { DeviceMapperConfig } from './device-mapper-config.ts';
import { runTool } from './tool.ts';

const sectorSize = 512;

/** How each filesystem is made: nothing that would write to all of the device. */
const makeFilesystem = {
  ext4: ['mkfs.ext4', '-q', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0'],
  xfs: ['mkfs.xfs', '-q', '-K'],
} as const;

export class DeviceMapperBackend implements SnapshotBackend {
  readonly #config: DeviceMapperConfig;
  readonly #marks: string;

  constructor(config: DeviceMapperConfig) {
    this.#config = config;
    this.#marks = join(config.rootPath, 'devices');
    mkdirSync(this.#marks, { recursive: true, mode: 0o700 });
  }

  async make({ id, parents }: Place): Promise<void> {
    await this.remove(id);
    await writeFile(this.#mark(id), '', { flush: true });
    const [parent] = parents;
    if (parent === undefined) {
      await this.#tellPool(`create_thin ${id}`);
      await this.#activate(id);
      const [program, ...flags] = makeFilesystem[this.#config.fsType];
      await runTool(program, [...flags, this.#path(id)]);
    } else {
      await this.#whileStill(parent, () => this.#tellPool(`create_snap ${id} ${parent}`));
      await this.#activate(id);
    }
  }

  async mounts({ id, writable }: Place): Promise<Mount[]> {
    // After a reboot nothing is active.
    await this.#activate(id);
    const options = [...(this.#config.fsType === 'xfs' ? ['nouuid'] : []), ...(writable ? [] : ['ro'])];
    return [{ type: this.#config.fsType, source: this.#path(id), target: '', options }];
  }

  /** What is mapped beyond the parent's. The pool knows no inodes. */
  async usage({ id, parents }: Place): Promise<Usage> {
    const [parent] = parents;
    const shared = parent === undefined ? 0 : await this.#mapped(parent);
    return { size: Math.max(0, (await this.#mapped(id)) - shared), inodes: 0 };
  }

  async committed({ id }: Place): Promise<void> {
    await this.#deactivate(id);
  }

  async remove(id: number): Promise<void> {
    if (!existsSync(this.#mark(id))) return;
    if (this.#config.discardBlocks && this.#isActive(id)) await runTool('blkdiscard', [this.#path(id)]);
    await this.#deactivate(id);
    await this.#tellPool(`delete ${id}`).catch((error: Error) => {
      // The mark was written, and then the power failed.
      if (!error.message.includes('No data available')) throw error;
    });
    await rm(this.#mark(id), { force: true });
  }

  list(): Promise<number[]> {
    return numbersIn(this.#marks);
  }

  async #mapped(id: number): Promise<number> {
    const wasActive = this.#isActive(id);
    await this.#activate(id);
    // <start> <length> thin <mapped sectors> <highest mapped sector>
    const sectors = Number((await runTool('dmsetup', ['status', this.#name(id)])).split(' ')[3]);
    if (!wasActive) await this.#deactivate(id);
    return sectors * sectorSize;
  }

  async #activate(id: number): Promise<void> {
    if (this.#isActive(id)) return;
    const sectors = Math.floor(this.#config.baseImageSize / sectorSize);
    const table = `0 ${sectors} thin /dev/mapper/${this.#config.poolName} ${id}`;
    await runTool('dmsetup', ['create', this.#name(id), '--table', table]);
  }

  /** Takes a device away; one that is mounted goes when it is unmounted. */
  async #deactivate(id: number): Promise<void> {
    if (this.#isActive(id)) await runTool('dmsetup', ['remove', '--deferred', this.#name(id)]);
  }

  /** Does something while nothing can be written to a device. */
  async #whileStill(id: number, action: () => Promise<void>): Promise<void> {
    if (!this.#isActive(id)) return action();
    await runTool('dmsetup', ['suspend', this.#name(id)]);
    try {
      await action();
    } finally {
      await runTool('dmsetup', ['resume', this.#name(id)]);
    }
  }

  async #tellPool(message: string): Promise<void> {
    await runTool('dmsetup', ['message', `/dev/mapper/${this.#config.poolName}`, '0', message]);
  }

  #isActive(id: number): boolean {
    return existsSync(this.#path(id));
  }

  #name(id: number): string {
    return `${this.#config.poolName}-snap-${id}`;
  }

  #path(id: number): string {
    return `/dev/mapper/${this.#name(id)}`;
  }

  #mark(id: number): string {
    return join(this.#marks, String(id));
  }
}
