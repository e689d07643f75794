/** A user's home directory in the container's /etc/passwd (passwd(5)). */
import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { closeFile, fileStatus, Open, openDirectory, readDescriptor } from '@drydock/linux/disk';
import { trySyscall } from '@drydock/linux/syscall';
import type { Mount } from '@drydock/oci/runtime-spec';
import { openInRoot } from './facts.ts';

const passwd = '/etc/passwd';

/** The home of a user by number in a passwd file; `/` if it is not there. */
export function homeIn(text: string, uid: number): string {
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    if (fields.length >= 6 && Number(fields[2]) === uid && fields[2] !== '') return fields[5] || '/';
  }
  return '/';
}

/** The home in a container that is about to be made: in its image, or in what will be mounted over that. */
export function homeOf(uid: number, rootfs: string, mounts: readonly Mount[]): string {
  const covering = mounts.findLast(({ destination = '' }) => {
    const path = cleanPath(`/${destination}`);
    return path === passwd || passwd.startsWith(`${path}/`);
  });
  if (covering === undefined) return homeIn(readPasswd(rootfs, passwd), uid);
  const below = passwd.slice(cleanPath(`/${covering.destination}`).length);
  if (!covering.source?.startsWith('/')) return '/';
  return homeIn(below === '' ? readFileAt(covering.source) : readPasswd(covering.source, below), uid);
}

/** The home in a container that runs: through its first process's root. */
export function homeInside(uid: number, pid: number): string {
  return homeIn(readPasswd(`/proc/${pid}/root`, passwd), uid);
}

/** The file's text, with links followed inside the root alone; empty if there is no such file, or no such root. */
function readPasswd(root: string, path: string): string {
  const directory = trySyscall('openat', -100, root, Open.path | openDirectory, 0);
  if (directory < 0) return '';
  try {
    return readIfOpen(openInRoot(directory, path, Open.read | Open.nonblock));
  } finally {
    closeFile(directory);
  }
}

function readFileAt(path: string): string {
  const slash = path.lastIndexOf('/');
  return readPasswd(path.slice(0, slash) || '/', path.slice(slash));
}

function readIfOpen(descriptor: number): string {
  if (descriptor < 0) return '';
  try {
    if (fileStatus(descriptor).type !== 'file') return '';
    return readDescriptor(descriptor, passwd).toString('utf8');
  } finally {
    closeFile(descriptor);
  }
}
