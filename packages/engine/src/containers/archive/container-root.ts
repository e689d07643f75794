/** A container's file tree as it sees it itself, for copying: of a running one through its process, else mounted anew. */
import { closeSync, existsSync, lstatSync, openSync } from 'node:fs';
import { close, OpenFlag } from '@drydock/linux/files';
import { openDirectoryInRoot, tryOpenInRoot } from '@drydock/linux/in-root';
import { mount, unmount } from '@drydock/linux/mount';
import type { Engine } from '../../engine.ts';
import type { Container } from '../container.ts';
import { withMounted } from '../mounted.ts';
import { rootfsMounts } from '../rootfs.ts';

/** Opens the tree for the time of an action, which gets a descriptor of its root. Nothing in it can lead outside. */
export async function withContainerRoot<T>(
  engine: Engine,
  container: Container,
  action: (rootFd: number) => Promise<T>,
): Promise<T> {
  const { pid } = container.state;
  if (pid !== 0) return withRoot(`/proc/${pid}/root`, action);
  const mounts = await rootfsMounts(engine, container);
  return withMounted(engine.config.execRoot, mounts, (directory) =>
    withRoot(directory, (rootFd) => withVolumes(container, rootFd, () => action(rootFd))),
  );
}

async function withRoot<T>(path: string, action: (rootFd: number) => Promise<T>): Promise<T> {
  const rootFd = openSync(path, OpenFlag.PATH | OpenFlag.DIRECTORY);
  try {
    return await action(rootFd);
  } finally {
    closeSync(rootFd);
  }
}

/** Binds what is mounted in the container while it runs: its volumes and the machine's directories. */
async function withVolumes<T>(container: Container, rootFd: number, action: () => Promise<T>): Promise<T> {
  const bound: number[] = [];
  try {
    for (const { type, source, destination } of container.record.mounts) {
      if (type === 'tmpfs' || !existsSync(source)) continue;
      const target = openTarget(rootFd, destination, lstatSync(source).isDirectory());
      mount({ type: '', source, options: ['rbind'] }, `/proc/self/fd/${target}`);
      bound.push(target);
    }
    return await action();
  } finally {
    for (const target of bound.reverse()) {
      // The path leads to what is mounted there now.
      unmount(`/proc/self/fd/${target}`, { detach: true });
      close(target);
    }
  }
}

function openTarget(rootFd: number, destination: string, isDirectory: boolean): number {
  if (isDirectory) return openDirectoryInRoot(rootFd, destination);
  close(openDirectoryInRoot(rootFd, destination.slice(0, destination.lastIndexOf('/')) || '/'));
  const made = tryOpenInRoot(rootFd, destination, OpenFlag.WRONLY | OpenFlag.CREAT, 0o644);
  if (made >= 0) close(made);
  const target = tryOpenInRoot(rootFd, destination, OpenFlag.PATH);
  if (target < 0) throw new Error(`cannot open mount target ${destination}`);
  return target;
}
