/** Makes the places that criu will mount on, as creating the container has done: criu makes none itself. */
import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { closeFile, fileStatusIfPresent, Open, openDirectory, openFile } from '@drydock/linux/disk';
import { openDirectoryInRoot, openInRoot } from '@drydock/linux/in-root';
import type { Mount } from '@drydock/oci/runtime-spec';
import { parseMountOptions } from '../compile/mount-options.ts';

/** In the root filesystem, or in the directory that a bind mount shows there; not on a tmpfs, which criu fills. */
export function makeMountPoints(rootfs: string, mounts: readonly Mount[]): void {
  const shown: { readonly target: string; readonly source: string }[] = [{ target: '', source: rootfs }];
  const covered: string[] = [];
  for (const { destination = '', source = '', type = '', options = [] } of mounts) {
    const target = cleanPath(`/${destination}`);
    const bind = parseMountOptions(options, type).bind;
    if (!covered.some((path) => target.startsWith(`${path}/`)) && type !== 'cgroup') {
      const place = shown.findLast((each) => target.startsWith(`${each.target}/`));
      const isFile = bind && fileStatusIfPresent(source)?.type !== 'directory';
      if (place) makePlace(place.source, target.slice(place.target.length), isFile);
    }
    if (bind) shown.push({ target, source });
    if (type === 'tmpfs' || type === 'sysfs' || type === 'proc' || type === 'cgroup') covered.push(target);
  }
}

function makePlace(root: string, path: string, isFile: boolean): void {
  const top = openFile(root, Open.path | openDirectory);
  try {
    const slash = path.lastIndexOf('/');
    const directory = openDirectoryInRoot(top, isFile ? path.slice(0, slash) : path);
    try {
      if (isFile) closeFile(openInRoot(directory, path.slice(slash + 1), Open.create | Open.read, 0o755));
    } finally {
      closeFile(directory);
    }
  } finally {
    closeFile(top);
  }
}
