/** `docker export`: a container's whole file tree as a tar stream, without what is mounted in it. */
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Engine } from '../../engine.ts';
import type { Container } from '../container.ts';
import { containerEvent } from '../container-event.ts';
import { withMounted } from '../mounted.ts';
import { rootfsMounts } from '../rootfs.ts';
import { packChildren } from './pack-tree.ts';

/** Hands the archive to `send`, which must read it to its end. */
export async function exportContainer(
  engine: Engine,
  container: Container,
  send: (content: Readable) => Promise<void>,
): Promise<void> {
  // A second mount of the same layers, read-only: the running container's own is not disturbed.
  const mounts = (await rootfsMounts(engine, container)).map(readOnly);
  await withMounted(engine.config.execRoot, mounts, async (root) => {
    const archive = pack();
    const packing = packChildren(archive, root).then(
      () => archive.finalize(),
      (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    containerEvent(engine, container, 'export');
    await send(Readable.from(archive));
    await packing;
  });
}

/** The layers of an overlay without one that is written: its upper directory becomes the topmost lower one. */
function readOnly<M extends { readonly type: string; readonly options: readonly string[] }>(mount: M): M {
  if (mount.type !== 'overlay') return mount;
  const upper = mount.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
  if (upper === undefined) return mount;
  const options = mount.options
    .filter((option) => !option.startsWith('upperdir=') && !option.startsWith('workdir='))
    .map((option) =>
      option.startsWith('lowerdir=') ? `lowerdir=${upper}:${option.slice('lowerdir='.length)}` : option,
    );
  return { ...mount, options };
}
