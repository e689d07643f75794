/** Where systemd puts a container: the scope's name, its slice, and the directory of both (systemd.slice(5)). */

export interface SystemdPlace {
  readonly slice: string;
  /** A scope, or a slice if the name ends so. */
  readonly unit: string;
  readonly name: string;
  readonly prefix: string;
  /** Whose manager: the machine's, or the user's own. */
  readonly user: boolean;
}

/** The place that `slice:prefix:name` says; the container's id is the name if there is none. Throws for other forms. */
export function systemdPlace(cgroupsPath: string, id: string, user: boolean): SystemdPlace {
  const parts = cgroupsPath.split(':');
  if (cgroupsPath !== '' && parts.length !== 3)
    throw new Error(
      `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "${cgroupsPath}" instead`,
    );
  const [slice = '', prefix = 'drydock', name = id] = cgroupsPath === '' ? [] : parts;
  const unit = name.endsWith('.slice') ? name : `${prefix}-${name}.scope`;
  return { slice: slice || (user ? 'user.slice' : 'system.slice'), unit, name, prefix, user };
}

/** `a-b.slice` is `/a.slice/a-b.slice`. Throws for what is no slice's name. */
export function sliceDirectory(slice: string): string {
  if (slice === '-.slice') return '/';
  const name = slice.slice(0, -'.slice'.length);
  if (!slice.endsWith('.slice') || name === '' || slice.includes('/') || name.split('-').includes(''))
    throw new Error(`invalid slice name: ${slice}`);
  const parts = name.split('-');
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('-')}.slice`).join('');
}

/** The cgroup of a place, below the manager's own. */
export function placeDirectory({ slice, unit }: SystemdPlace, manager = ''): string {
  const above = sliceDirectory(slice);
  return `${manager}${above === '/' ? '' : above}/${unit}`;
}
