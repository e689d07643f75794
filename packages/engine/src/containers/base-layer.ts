/**
 * The layer between an image and its containers: empty files and directories where the engine mounts its own, and the
 * mark that this is a container. It is made once for an image, so `docker diff` and the image show none of it; the image's
 * configuration holds on to it, so it goes with the image.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, symlinkSync } from 'node:fs';
import { close, OpenFlag } from '@drydock/linux/files';
import { openDirectoryInRoot, tryOpenInRoot } from '@drydock/linux/in-root';
import { isKind } from '@drydock/rpc/errors';
import { labelBlob } from '@drydock/transfer/blobs';
import { type Leased, withLease } from '../containerd/lease.ts';
import type { Engine } from '../engine.ts';
import { hasCode } from '../errors.ts';
import type { Image } from '../images/image.ts';
import { isUnpacked, unpack } from '../images/unpack.ts';
import { withMounted } from './mounted.ts';

const directories = ['/dev/pts', '/dev/shm', '/proc', '/sys'];
const files = ['/.dockerenv', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/dev/console'];

/** The base layers that were seen, and those that are being made, by image. */
export class BaseLayers {
  readonly #ready = new Map<string, Promise<string>>();

  /** The snapshot that containers of an image stand on; an image that is not unpacked is unpacked first. */
  async ensure(engine: Engine, image: Image): Promise<string> {
    const known = this.#ready.get(image.id) ?? makeBase(engine, image);
    this.#ready.set(image.id, known);
    try {
      return await known;
    } catch (error) {
      this.forget(image);
      throw error;
    }
  }

  /** The snapshot turned out to be gone. */
  forget({ id }: Image): void {
    this.#ready.delete(id);
  }
}

async function makeBase(engine: Engine, image: Image): Promise<string> {
  const name = `${image.chainId || 'empty'}-drydock-base`;
  await withLease(engine.containerd, engine.logger, async (leased) => {
    const layers = image.manifest.layers.map((blob, index) => ({ blob, diffId: image.diffIds[index]! }));
    if (image.chainId !== '' && !(await isUnpacked(leased, image.chainId))) await unpack(leased, layers);
    if (!(await isUnpacked(leased, name))) await commitBase(engine, leased, name, image.chainId);
    await labelBlob(leased.content, image.id, {
      [`containerd.io/gc.ref.snapshot.${leased.snapshotter}/drydock-base`]: name,
    });
  });
  return name;
}

async function commitBase(
  engine: Engine,
  { snapshots, snapshotter }: Leased,
  name: string,
  parent: string,
): Promise<void> {
  const key = `base-${randomBytes(6).toString('hex')}`;
  const { mounts } = await snapshots.prepare({ snapshotter, key, parent });
  try {
    await withMounted(engine.config.execRoot, mounts, populate);
    await snapshots.commit({ snapshotter, name, key });
  } catch (error) {
    await snapshots.remove({ snapshotter, key });
    // Another image with the same layers may have made it meanwhile.
    if (!isKind(error, 'already exists')) throw error;
  }
}

function populate(root: string): void {
  const rootFd = openSync(root, OpenFlag.PATH | OpenFlag.DIRECTORY);
  try {
    for (const directory of directories) close(openDirectoryInRoot(rootFd, directory));
    for (const file of files) {
      close(openDirectoryInRoot(rootFd, file.slice(0, file.lastIndexOf('/')) || '/'));
      const made = tryOpenInRoot(rootFd, file, OpenFlag.WRONLY | OpenFlag.CREAT, 0o755);
      if (made >= 0) close(made);
    }
    linkMountTable(rootFd);
  } finally {
    closeSync(rootFd);
  }
}

/** /etc/mtab, as mount(8) and df(1) want it. */
function linkMountTable(rootFd: number): void {
  const etc = openDirectoryInRoot(rootFd, '/etc');
  try {
    symlinkSync('/proc/mounts', `/proc/self/fd/${etc}/mtab`);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    close(etc);
  }
}
