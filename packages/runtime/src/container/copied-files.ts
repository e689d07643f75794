/** What a tmpfs with `tmpcopyup` begins with: the image's files below the directory that it covers. */
import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { closeFile, fileStatus, listDirectory, Open, openDirectory, openFile, openNofollow } from '@drydock/linux/disk';
import { syscall } from '@drydock/linux/syscall';
import type { IdMapping, Spec } from '@drydock/oci/runtime-spec';
import type { CopiedFile } from '../compile/host.ts';
import { openInRoot } from './facts.ts';
import { hasUserNamespace } from './user-namespace.ts';

/** The files by the mount's index, a directory in front of what is in it. */
export function copiedFiles(
  rootfs: string,
  { mounts = [], linux = {} }: Spec,
): ReadonlyMap<number, readonly CopiedFile[]> {
  const copied = new Map<number, readonly CopiedFile[]>();
  const mapped = hasUserNamespace(linux.namespaces ?? []);
  const ids = {
    uid: inside(mapped ? linux.uidMappings : undefined),
    gid: inside(mapped ? linux.gidMappings : undefined),
  };
  for (const [index, { type, options = [], destination = '' }] of mounts.entries()) {
    if (type !== 'tmpfs' || !options.includes('tmpcopyup')) continue;
    const root = openFile(rootfs, Open.path | openDirectory);
    const directory = openInRoot(root, cleanPath(`/${destination}`), Open.read | openDirectory);
    closeFile(root);
    if (directory < 0) continue;
    try {
      copied.set(index, [...filesIn(directory, '', ids)]);
    } finally {
      closeFile(directory);
    }
  }
  return copied;
}

interface Ids {
  readonly uid: (id: number) => number;
  readonly gid: (id: number) => number;
}

/** No link is followed: a directory is opened as a name in the one above it. */
function* filesIn(directory: number, prefix: string, ids: Ids): Generator<CopiedFile> {
  for (const entry of listDirectory(`/proc/self/fd/${directory}/.`)) {
    const name = entry.replace(/\/$/, '');
    const path = `${prefix}${name}`;
    const below = `/proc/self/fd/${directory}/${name}`;
    const { type, permissions, uid, gid, size } = fileStatus(below, { follow: false });
    const common = { path, mode: permissions, uid: ids.uid(uid), gid: ids.gid(gid) };
    if (type === 'directory') {
      yield { ...common, kind: 'directory' };
      const child = openFile(below, openDirectory | openNofollow);
      try {
        yield* filesIn(child, `${path}/`, ids);
      } finally {
        closeFile(child);
      }
    } else if (type === 'file') yield { ...common, kind: 'file', size };
    else if (type === 'link') yield { ...common, kind: 'link', target: readLink(below) };
    else if (type === 'fifo') yield { ...common, kind: 'fifo' };
  }
}

function readLink(path: string): string {
  const buffer = Buffer.alloc(4096);
  const length = syscall('readlinkat', [-100, path, buffer, buffer.length], `readlink ${path}`);
  return buffer.toString('utf8', 0, length);
}

/** The id that a user namespace has for one of the host's; -1, which changes nothing, if it has none. */
function inside(mappings: readonly IdMapping[] | undefined): (id: number) => number {
  if (!mappings?.length) return (id) => id;
  return (id) => {
    const range = mappings.find(({ hostID = 0, size = 0 }) => id >= hostID && id < hostID + size);
    return range ? id - (range.hostID ?? 0) + (range.containerID ?? 0) : -1;
  };
}
