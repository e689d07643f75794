/** Mount points while they are planned: what a flag asks for, before its volume exists. */
import { posix } from 'node:path';
import { badParameter } from '../errors.ts';
import type { MountPoint } from './record.ts';

/** A mount point before its volume exists. */
export type MountPlan = Omit<MountPoint, 'source'> & {
  readonly source: string;
  readonly volumeLabels: Readonly<Record<string, string>> | null;
  readonly volumeOptions: Readonly<Record<string, string>> | null;
};

const plain = {
  name: '',
  mode: '',
  rw: true,
  propagation: '',
  nonRecursive: false,
  copyData: false,
  createSource: false,
  anonymous: false,
  tmpfsOptions: [],
  driver: '',
  volumeLabels: null,
  volumeOptions: null,
} as const;

/** A directory or file of this machine. */
export function bind(source: string, destination: string): MountPlan {
  return { ...plain, type: 'bind', source, destination, propagation: 'rprivate' };
}

/** A volume; an empty name stands for a new one. */
export function volume(name: string, destination: string): MountPlan {
  return {
    ...plain,
    type: 'volume',
    source: '',
    name,
    destination,
    driver: 'local',
    copyData: true,
    anonymous: name === '',
  };
}

/** A file system in memory. */
export function tmpfs(destination: string, options: readonly string[], mode = ''): MountPlan {
  const defaults = ['noexec', 'nosuid', 'nodev'].filter(
    (option) => !options.includes(option.replace(/^no/, '')) && !options.includes(option),
  );
  return { ...plain, type: 'tmpfs', source: '', destination, mode, tmpfsOptions: [...defaults, ...options] };
}

/** A clean absolute path; refuses any other and the root. */
export function absolute(path: string): string {
  if (!posix.isAbsolute(path))
    throw badParameter(
      `invalid volume specification: '${path}': invalid mount config for type "volume": invalid mount path: '${path}' mount path must be absolute`,
    );
  const clean = posix.normalize(path).replace(/(.)\/$/, '$1');
  if (clean === '/')
    throw badParameter(
      "invalid volume specification: '/': invalid mount config for type \"volume\": invalid specification: destination can't be '/'",
    );
  return clean;
}
