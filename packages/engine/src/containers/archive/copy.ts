/** `docker cp`: a path out of a container, and an archive into one. */
import { fstatSync } from 'node:fs';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { Errno } from '@drydock/linux/errno';
import { close, OpenFlag } from '@drydock/linux/files';
import { tryOpenInRoot } from '@drydock/linux/in-root';
import { resolveUser } from '@drydock/oci/user';
import { pack } from 'tar-stream';
import type { Engine } from '../../engine.ts';
import { notFound, systemError } from '../../errors.ts';
import type { Container } from '../container.ts';
import { containerEvent } from '../container-event.ts';
import { processFiles, unmountedFiles } from '../container-files.ts';
import { rootfsMounts } from '../rootfs.ts';
import { withContainerRoot } from './container-root.ts';
import { extractTree } from './extract-tree.ts';
import { packTree } from './pack-tree.ts';
import { findPath, type PathStat } from './path-stat.ts';

/** A container, and how the client named it. */
export interface Named {
  readonly container: Container;
  readonly name: string;
}

/** The facts about a path. */
export function statPath(engine: Engine, { container, name }: Named, path: string): Promise<PathStat> {
  return withContainerRoot(engine, container, async (rootFd) => {
    const found = findPath(rootFd, path, name);
    close(found.parent);
    return found.stat;
  });
}

/** Hands a path's facts and its content, as a tar stream, to `send`, which must read it to its end. */
export function copyOut(
  engine: Engine,
  { container, name }: Named,
  path: string,
  send: (stat: PathStat, content: Readable) => Promise<void>,
): Promise<void> {
  return withContainerRoot(engine, container, async (rootFd) => {
    const found = findPath(rootFd, path, name);
    try {
      const archive = pack();
      const packing = packTree(
        archive,
        `/proc/self/fd/${found.parent}/${found.name}`,
        entryName(path),
        entersMount(container, path),
      ).then(
        () => archive.finalize(),
        (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
      );
      containerEvent(engine, container, 'archive-path');
      await send(found.stat, Readable.from(archive));
      await packing;
    } finally {
      close(found.parent);
    }
  });
}

/** Of what is mounted in the container, only the user's own mounts are copied along. */
function entersMount({ record }: Container, path: string): (relative: string) => boolean {
  const start = posix.join('/', path).replace(/\/$/, '');
  const own = new Set(record.mounts.map(({ destination }) => destination));
  return (relative) => own.has(`${start}${relative}`);
}

/** The name that the archive's entries begin with: the path's last part, `.` included. */
function entryName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : posix.basename(trimmed);
}

export interface CopyInOptions {
  readonly path: string;
  readonly keepTypes: boolean;
  /** Give everything to the container's own user. */
  readonly copyOwner: boolean;
}

/** Unpacks an archive in a directory of a container. */
export function copyIn(
  engine: Engine,
  { container, name }: Named,
  body: Readable,
  options: CopyInOptions,
): Promise<void> {
  return withContainerRoot(engine, container, async (rootFd) => {
    const directory = posix.join('/', options.path);
    const target = tryOpenInRoot(rootFd, directory, OpenFlag.PATH);
    if (target === -Errno.ENOENT || target === -Errno.ENOTDIR)
      throw notFound(`Could not find the file ${options.path} in container ${name}`);
    if (target < 0) throw systemError(`cannot open ${options.path} in container ${name}: error ${-target}`);
    try {
      if (!fstatSync(target).isDirectory()) throw systemError('extraction point is not a directory');
    } finally {
      close(target);
    }
    refuseReadOnly(container, directory);
    const owner = options.copyOwner ? await ownerOf(engine, container) : undefined;
    await extractTree(rootFd, body, { directory, keepTypes: options.keepTypes, owner });
    containerEvent(engine, container, 'extract-to-dir');
  });
}

/** What the container itself may not write, a copy may not either. */
function refuseReadOnly({ record }: Container, directory: string): void {
  const inside = record.mounts
    .filter(({ destination }) => directory === destination || directory.startsWith(`${destination}/`))
    .sort((a, b) => b.destination.length - a.destination.length)[0];
  if (inside !== undefined && !inside.rw) throw systemError('mounted volume is marked read-only');
  if (inside === undefined && record.hostConfig.ReadonlyRootfs)
    throw systemError('container rootfs is marked read-only');
}

async function ownerOf(engine: Engine, container: Container): Promise<{ uid: number; gid: number }> {
  const { pid } = container.state;
  const files = pid === 0 ? unmountedFiles(engine, await rootfsMounts(engine, container)) : processFiles(pid);
  return resolveUser(container.record.config.User, [], files);
}
