/** Which cgroup hierarchies a process sees, and where it is in them (cgroups(7), proc_pid_mountinfo(5)). */
import { readText } from '../disk.ts';

/** One controller, or one named hierarchy such as `name=systemd`; the unified hierarchy has the name ''. */
export interface Hierarchy {
  readonly name: string;
  readonly mountPoint: string;
  /** The directory of the hierarchy that is mounted there: `/`, or that of a cgroup namespace or a bind mount. */
  readonly root: string;
  /** This process's own cgroup. */
  readonly own: string;
}

export interface Hierarchies {
  /** 2 if there is only the unified hierarchy; hybrid machines are 1. */
  readonly version: 1 | 2;
  readonly list: readonly Hierarchy[];
}

/** Reads the hierarchies of this process. */
export function readHierarchies(): Hierarchies {
  return parseHierarchies(readText('/proc/self/mountinfo'), readText('/proc/self/cgroup'));
}

/** The hierarchies that two files of /proc/PID describe. One that is mounted nowhere is left out. */
export function parseHierarchies(mountinfo: string, cgroup: string): Hierarchies {
  const mounts = mountinfo
    .split('\n')
    .filter((line) => line.includes(' - cgroup'))
    .map(parseMount);
  const list: Hierarchy[] = [];
  for (const line of cgroup.split('\n').filter(Boolean)) {
    const [, names = '', own = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of names === '' ? [''] : names.split(',')) {
      const mount = mounts.find(({ type, options }) => (name === '' ? type === 'cgroup2' : options.includes(name)));
      if (mount) list.push({ name, mountPoint: mount.mountPoint, root: mount.root, own });
    }
  }
  return { version: list.some(({ name }) => name !== '') ? 1 : 2, list };
}

/**
 * The directory of a container's cgroup in a hierarchy, as runc places it: an absolute path is below the mount point, a
 * relative one below this process's own cgroup.
 */
export function cgroupDirectory(hierarchy: Hierarchy, path: string): string {
  const clean = cleanPath(path);
  if (clean.startsWith('/')) return join(hierarchy.mountPoint, clean);
  const { own, root } = hierarchy;
  const relative = root !== '/' && (own === root || own.startsWith(`${root}/`)) ? own.slice(root.length) : own;
  return join(hierarchy.mountPoint, relative, clean);
}

/** A path without `.`, `..` and double slashes; `..` leads no higher than its beginning. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}

function join(...parts: readonly string[]): string {
  return cleanPath(parts.join('/'));
}

function parseMount(line: string): { mountPoint: string; root: string; type: string; options: readonly string[] } {
  const words = line.split(' ');
  const dash = words.indexOf('-');
  return {
    root: unescapeField(words[3] ?? '/'),
    mountPoint: unescapeField(words[4] ?? ''),
    type: words[dash + 1] ?? '',
    options: (words[dash + 3] ?? '').split(','),
  };
}

function unescapeField(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
