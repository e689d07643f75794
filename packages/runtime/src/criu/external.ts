/** What of a container is not its own: mounts from the host, namespaces that it has joined, pipes that are its stdio. */
import { cleanPath, readHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { fileStatusIfPresent } from '@drydock/linux/disk';
import type { Spec } from '@drydock/oci/runtime-spec';
import { defaultDevices } from '../compile/devices.ts';
import { parseMountOptions } from '../compile/mount-options.ts';
import type { Container } from '../container/container.ts';
import { cgroupDirectories } from '../container/facts.ts';
import { linkTarget } from '../container/link.ts';

interface Pair {
  readonly key: string;
  readonly val: string;
}

/** The keys that criu's images have for namespaces that a container has joined. */
const namespaceKeys: Readonly<Record<string, readonly [file: string, key: string]>> = {
  network: ['net', 'extRootNetNS'],
  pid: ['pid', 'extRootPidNS'],
};

/** The file in the images' directory that says what stdio was. */
export const descriptorsFile = 'descriptors.json';

/** Mounts that come from the host: where each is, and what is there. */
export function hostMounts(spec: Spec, cgroupPaths: Readonly<Record<string, string>>, paths: CgroupPathsOf): Pair[] {
  const { mounts = [], linux = {} } = spec;
  const ownCgroupNamespace = linux.namespaces?.some(({ type, path }) => type === 'cgroup' && !path);
  const pairs: Pair[] = [];
  for (const { destination = '', source = '', type = '', options = [] } of mounts) {
    const target = cleanPath(`/${destination}`);
    if (parseMountOptions(options, type).bind) pairs.push({ key: target, val: source });
    else if (type === 'cgroup' && !ownCgroupNamespace)
      for (const { name, source: directory } of paths(cgroupPaths))
        pairs.push({ key: `${target}/${name}`, val: directory });
  }
  for (const { path = '' } of [...defaultDevices, ...(linux.devices ?? [])]) pairs.push({ key: path, val: path });
  return pairs;
}

type CgroupPathsOf = (
  paths: Readonly<Record<string, string>>,
) => readonly { readonly name: string; readonly source: string }[];

/** The directories below a container's /sys/fs/cgroup with version 1; none with version 2, which is one real mount. */
export const cgroupMounts: CgroupPathsOf = (paths) => {
  const hierarchies = readHierarchies();
  return hierarchies.version === 2 ? [] : cgroupDirectories(hierarchies, { paths });
};

/** Masked files: all are the same device. */
export function maskedFiles({ pid }: Container, spec: Spec): Pair[] {
  return (spec.linux?.maskedPaths ?? [])
    .filter((path) => {
      const status = fileStatusIfPresent(`/proc/${pid}/root${path}`);
      return status !== undefined && status.type !== 'directory';
    })
    .map((path) => ({ key: path, val: '/dev/null' }));
}

/** Namespaces that a container has joined, in criu's words: `net[4026531840]:extRootNetNS`. */
export function joinedNamespaces({ pid }: Container, spec: Spec): string[] {
  return (spec.linux?.namespaces ?? []).flatMap(({ type = '', path }) => {
    const known = namespaceKeys[type];
    if (!path || known === undefined) return [];
    const inode = /\d+/.exec(linkTarget(`/proc/${pid}/ns/${known[0]}`))?.[0];
    return [`${known[0]}[${inode}]:${known[1]}`];
  });
}

/** Namespaces to join again: descriptors that criu inherits by a key, or files that it opens itself. */
export function namespacesToJoin(spec: Spec): {
  readonly inherited: readonly { readonly key: string; readonly path: string }[];
  readonly joined: readonly { readonly ns: string; readonly nsFile: string }[];
} {
  const given = (spec.linux?.namespaces ?? []).flatMap(({ type = '', path }) => (path ? [{ type, path }] : []));
  const names: Readonly<Record<string, string>> = { mount: 'mnt' };
  return {
    inherited: given.flatMap(({ type, path }) => (namespaceKeys[type] ? [{ key: namespaceKeys[type][1], path }] : [])),
    joined: given
      .filter(({ type }) => !namespaceKeys[type])
      .map(({ type, path }) => ({ ns: names[type] ?? type, nsFile: path })),
  };
}
