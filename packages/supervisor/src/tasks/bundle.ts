/**
 * The bundle of a task: the directory that shim and runtime work in.
 *
 *   <state>/<namespace>/<id>/      mode 0700
 *     config.json                  the container's spec
 *     rootfs/                      where the shim mounts the snapshot
 *     work ─▶ <root>/…             what shall outlive a reboot
 *     address                      the shim's socket; `bootstrap.json` for a shim that names the version of its service
 *     shim-binary-path             the shim's executable
 *     init.pid                     written by the shim when the container has been created
 *     exit-published               made when the exit of the container was published
 *     ended                        how the container ended, once its shim has deleted it: nobody else can tell any more
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { unmountTree } from '@drydock/linux/mount';

/** Where bundles and their work directories are. */
export interface BundleDirectories {
  readonly state: string;
  readonly work: string;
}

/** Files of a bundle that the supervisor itself reads and writes. */
export type BundleFile = 'address' | 'bootstrap.json' | 'shim-binary-path' | 'init.pid' | 'exit-published' | 'ended';

export class Bundle {
  readonly namespace: string;
  readonly id: string;
  readonly path: string;
  readonly #work: string;

  constructor(namespace: string, id: string, { state, work }: BundleDirectories) {
    this.namespace = namespace;
    this.id = id;
    this.path = join(state, namespace, id);
    this.#work = join(work, namespace, id);
  }

  get rootfs(): string {
    return join(this.path, 'rootfs');
  }

  /** Makes the directory with the spec in it. Whatever was made is removed if something fails. */
  create(spec: Uint8Array): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o711 });
    mkdirSync(dirname(this.#work), { recursive: true, mode: 0o711 });
    mkdirSync(this.path, { mode: 0o700 });
    try {
      this.#admit(spec);
      mkdirSync(this.rootfs, { mode: 0o711 });
      rmSync(this.#work, { recursive: true, force: true });
      mkdirSync(this.#work, { mode: 0o711 });
      symlinkSync(this.#work, join(this.path, 'work'));
      writeFileSync(join(this.path, 'config.json'), spec, { mode: 0o600 });
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  read(file: BundleFile): string | undefined {
    const path = join(this.path, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  }

  write(file: BundleFile, text: string): void {
    writeFileSync(join(this.path, file), text, { mode: 0o600 });
  }

  /** Removes the directory. A rootfs that is still mounted is unmounted first, so that nothing in it is touched. */
  remove(): void {
    if (!existsSync(this.path)) return;
    if (!this.releaseRootfs()) {
      unmountTree(this.rootfs);
      rmdirSync(this.rootfs);
    }
    const hidden = join(dirname(this.path), `.${this.id}`);
    renameSync(this.path, hidden);
    rmSync(hidden, { recursive: true });
    rmSync(this.#work, { recursive: true, force: true });
  }

  /** Removes the rootfs if nothing is mounted there; answers false if something is. */
  releaseRootfs(): boolean {
    try {
      rmdirSync(this.rootfs);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EBUSY') return false;
      if (code !== 'ENOENT') throw error;
    }
    return true;
  }

  /** Lets the container's root, if it is another user outside, walk through the directory. */
  #admit(spec: Uint8Array): void {
    const text = Buffer.from(spec.buffer, spec.byteOffset, spec.byteLength);
    if (!text.includes('"gidMappings"')) return;
    const { linux } = JSON.parse(text.toString()) as {
      linux?: { gidMappings?: { containerID?: number; hostID?: number; size?: number }[] };
    };
    const gid = linux?.gidMappings?.find(({ containerID }) => (containerID ?? 0) === 0)?.hostID ?? 0;
    if (gid === 0) return;
    chownSync(this.path, 0, gid);
    chmodSync(this.path, 0o710);
  }
}
