/** The options of a mount in the specification (mount(8)'s words) as what the mount calls take. */
import type { Named } from '@drydock/linux/program/operation';
import { flags, MountAttr, Ms } from './constants.ts';

/** Attributes of one mount that an option sets and clears. */
interface Attributes {
  readonly set: readonly Named[];
  readonly clear: readonly Named[];
}

export interface MountOptions {
  readonly bind: boolean;
  /** Whether mounts below the source come along. */
  readonly recursive: boolean;
  readonly attributes: Attributes;
  /** Those that hold for the mounts below too, such as `rro`. */
  readonly recursiveAttributes: Attributes;
  /** Changes of propagation, in order. */
  readonly propagation: readonly { readonly flag: Named; readonly recursive: boolean }[];
  /** Flags of the filesystem itself. */
  readonly filesystemFlags: readonly string[];
  /** Whether its files show other owners; `recursive`: those of the mounts below too. */
  readonly idMapping: 'single' | 'recursive' | undefined;
  /** Whether a tmpfs begins with what the image has there. */
  readonly copyUp: boolean;
  /** What the filesystem shall understand: `size=65536k`. */
  readonly data: readonly string[];
}

const { MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC } = MountAttr;
const { MOUNT_ATTR_NOATIME, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME } = MountAttr;
const { MOUNT_ATTR_NODIRATIME, MOUNT_ATTR_NOSYMFOLLOW } = MountAttr;

const on = (flag: Named): Attributes => ({ set: [flag], clear: [] });
const off = (flag: Named): Attributes => ({ set: [], clear: [flag] });
/** The kernel keeps one of relatime, noatime and strictatime: naming one clears the others. */
const accessTime = (flag?: Named): Attributes => ({ set: flag ? [flag] : [], clear: [MOUNT_ATTR__ATIME] });

const attributes: Readonly<Record<string, Attributes>> = {
  ro: on(MOUNT_ATTR_RDONLY),
  rw: off(MOUNT_ATTR_RDONLY),
  nosuid: on(MOUNT_ATTR_NOSUID),
  suid: off(MOUNT_ATTR_NOSUID),
  nodev: on(MOUNT_ATTR_NODEV),
  dev: off(MOUNT_ATTR_NODEV),
  noexec: on(MOUNT_ATTR_NOEXEC),
  exec: off(MOUNT_ATTR_NOEXEC),
  noatime: accessTime(MOUNT_ATTR_NOATIME),
  atime: accessTime(),
  relatime: accessTime(),
  norelatime: accessTime(),
  strictatime: accessTime(MOUNT_ATTR_STRICTATIME),
  nostrictatime: accessTime(),
  nodiratime: on(MOUNT_ATTR_NODIRATIME),
  diratime: off(MOUNT_ATTR_NODIRATIME),
  nosymfollow: on(MOUNT_ATTR_NOSYMFOLLOW),
  symfollow: off(MOUNT_ATTR_NOSYMFOLLOW),
};

const propagation: Readonly<Record<string, Named>> = {
  private: Ms.MS_PRIVATE,
  shared: Ms.MS_SHARED,
  slave: Ms.MS_SLAVE,
  unbindable: Ms.MS_UNBINDABLE,
};

/** Options of the filesystem that fsconfig(2) knows as flags. */
const filesystemFlags = new Set(['sync', 'dirsync', 'lazytime', 'mand']);
/** Options that ask for what is so anyway, or that the kernel has given up. */
const ignored = new Set([
  ...[
    'defaults',
    'async',
    'nolazytime',
    'nomand',
    'loud',
    'silent',
    'iversion',
    'noiversion',
    'remount',
    'acl',
    'noacl',
  ],
]);

/** All words that are not handed to the filesystem, as `features` lists them. */
export const knownMountOptions: readonly string[] = [
  ...Object.keys(attributes),
  ...Object.keys(attributes).map((name) => `r${name}`),
  ...Object.keys(propagation),
  ...Object.keys(propagation).map((name) => `r${name}`),
  ...filesystemFlags,
  ...ignored,
  'bind',
  'rbind',
  'idmap',
  'ridmap',
  'tmpcopyup',
].sort();

/** Sorts the options of a mount. `type` bind is a bind mount without the word, too. */
export function parseMountOptions(options: readonly string[], type: string): MountOptions {
  const own: Attributes[] = [];
  const recursive: Attributes[] = [];
  const propagations: { flag: Named; recursive: boolean }[] = [];
  const superFlags: string[] = [];
  const data: string[] = [];
  let bind = type === 'bind';
  let recursiveBind = false;
  let idMapping: MountOptions['idMapping'];
  for (const option of options) {
    const below = option.startsWith('r') ? option.slice(1) : '';
    if (option === 'bind' || option === 'rbind') {
      bind = true;
      recursiveBind ||= option === 'rbind';
    } else if (option === 'idmap' || option === 'ridmap') idMapping = option === 'idmap' ? 'single' : 'recursive';
    else if (Object.hasOwn(attributes, option)) own.push(attributes[option]!);
    else if (Object.hasOwn(attributes, below)) recursive.push(attributes[below]!);
    else if (Object.hasOwn(propagation, option)) propagations.push({ flag: propagation[option]!, recursive: false });
    else if (Object.hasOwn(propagation, below)) propagations.push({ flag: propagation[below]!, recursive: true });
    else if (filesystemFlags.has(option)) superFlags.push(option);
    else if (!ignored.has(option) && option !== 'tmpcopyup') data.push(option);
  }
  return {
    bind,
    recursive: recursiveBind,
    attributes: merged(own),
    recursiveAttributes: merged(recursive),
    propagation: propagations,
    filesystemFlags: superFlags,
    idMapping,
    copyUp: options.includes('tmpcopyup'),
    data,
  };
}

/** Whether the mount shall be read-only: the last of `ro` and `rw` decides. */
export function isReadOnly({ set }: Attributes): boolean {
  return set.includes(MOUNT_ATTR_RDONLY);
}

/** The attributes without read-only, for what is filled first. */
export function withoutReadOnly({ set, clear }: Attributes): Attributes {
  return { set: set.filter((flag) => flag !== MOUNT_ATTR_RDONLY), clear };
}

/** `attr_set` and `attr_clr` of mount_setattr(2). */
export function attributeFlags({ set, clear }: Attributes): { readonly set: Named; readonly clear: Named } {
  return { set: flags(...set), clear: flags(...clear) };
}

/** The later of two options for the same attribute wins. */
function merged(all: readonly Attributes[]): Attributes {
  let set: Named[] = [];
  let clear: Named[] = [];
  for (const next of all) {
    const atime = next.clear.includes(MOUNT_ATTR__ATIME);
    const undone = (flag: Named) =>
      next.clear.includes(flag) || (atime && (flag === MOUNT_ATTR_NOATIME || flag === MOUNT_ATTR_STRICTATIME));
    set = [...set.filter((flag) => !undone(flag) && !next.set.includes(flag)), ...next.set];
    clear = [...clear.filter((flag) => !next.set.includes(flag) && !next.clear.includes(flag)), ...next.clear];
  }
  return { set, clear };
}
