/** What is mounted in a container, and where that comes from. */

import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { readText } from '@drydock/linux/disk';
import { type MountEntry, parseMountTable } from '@drydock/linux/mountinfo';
import type { Mount, Spec } from '@drydock/oci/runtime-spec';
import { compare, type Difference } from './difference.ts';

export interface MountFacts {
  readonly id: number;
  readonly target: string;
  readonly type: string;
  readonly source: string;
  /** The directory of the filesystem that is seen. */
  readonly root: string;
  readonly options: readonly string[];
  /** Such as `private`, `shared:5`, `master:1`. */
  readonly propagation: string;
  /** The field of the configuration that it comes from; empty if none says so. */
  readonly field: string;
}

/** The mounts of a process in the kernel's order, those that others cover too. */
export function mountFacts(pid: number, spec: Spec): readonly MountFacts[] {
  const fields = fieldsByTarget(spec);
  return parseMountTable(readText(`/proc/${pid}/mountinfo`)).map((entry) => ({
    id: entry.id,
    target: entry.mountPoint,
    type: entry.type,
    source: entry.source,
    root: entry.root,
    options: [...new Set([...entry.options.split(','), ...filesystemOptions(entry)])],
    propagation: entry.tags.join(' ') || 'private',
    field: fields.get(entry.mountPoint) ?? below(entry.mountPoint, spec) ?? '',
  }));
}

/** Those that are the filesystem's own; whether it is read-only is said by the mount's. */
function filesystemOptions({ superOptions }: MountEntry): string[] {
  return superOptions.split(',').filter((option) => option !== 'rw' && option !== 'ro');
}

/** Those that every container has: where it may make none, as in a user namespace, they are bound from the host. */
const defaultDevices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);

function fieldsByTarget({ mounts = [], linux = {}, process = {} }: Spec): Map<string, string> {
  const fields = new Map<string, string>([
    ['/', 'root'],
    ...defaultDevices.map((name) => [name, 'linux.devices'] as const),
  ]);
  for (const path of linux.maskedPaths ?? []) fields.set(clean(path), 'linux.maskedPaths');
  for (const path of linux.readonlyPaths ?? []) fields.set(clean(path), 'linux.readonlyPaths');
  for (const { path = '' } of linux.devices ?? []) fields.set(clean(path), 'linux.devices');
  if (process.terminal) fields.set('/dev/console', 'process.terminal');
  for (const [index, { destination = '' }] of mounts.entries()) fields.set(clean(destination), `mounts[${index}]`);
  return fields;
}

/** Mounts that came with a recursive bind, or that the runtime makes below a mount: those of cgroup hierarchies, devices. */
function below(target: string, { mounts = [] }: Spec): string | undefined {
  const index = mounts.findLastIndex(
    ({ destination = '', type, options = [] }) =>
      target.startsWith(`${clean(destination)}/`) && (type === 'cgroup' || options.includes('rbind')),
  );
  return index < 0 ? undefined : `mounts[${index}]`;
}

/**
 * Against the configuration: what is missing, what is seen or writable although it must not be, what nobody asked for.
 * `isPresent` says whether the container has a path.
 */
export function mountDifferences(
  facts: readonly MountFacts[],
  spec: Spec,
  isPresent: (path: string) => boolean,
): readonly Difference[] {
  const { mounts = [], linux = {}, root = {} } = spec;
  const at = (path: string) => facts.findLast(({ target }) => target === path);
  return [
    ...compare('root.readonly', String(root.readonly ?? false), String(at('/')?.options.includes('ro') ?? false)),
    ...mounts.flatMap((mount, index) => mountDifference(mount, index, at(clean(mount.destination ?? '')))),
    ...(linux.readonlyPaths ?? [])
      .filter((path) => isPresent(path) && !(at(clean(path)) ?? around(facts, path))?.options.includes('ro'))
      .map((path) => ({ field: 'linux.readonlyPaths', configured: path, actual: 'writable' })),
    ...(linux.maskedPaths ?? [])
      .filter((path) => isPresent(path) && !at(clean(path)))
      .map((path) => ({ field: 'linux.maskedPaths', configured: path, actual: 'to be seen' })),
    ...facts
      .filter(({ field }) => field === '')
      .map(({ target, type, source }) => ({
        field: 'mounts',
        configured: 'nothing',
        actual: `${type} ${source} on ${target}`,
      })),
  ];
}

/** The mount that a path is on. */
function around(facts: readonly MountFacts[], path: string): MountFacts | undefined {
  const on = facts.filter(({ target }) => target === '/' || clean(path).startsWith(`${target}/`));
  return on.toSorted((a, b) => a.target.length - b.target.length).at(-1);
}

const attributes = ['ro', 'nosuid', 'nodev', 'noexec'];

function mountDifference({ destination, type, options = [] }: Mount, index: number, found: MountFacts | undefined) {
  const field = `mounts[${index}]`;
  if (!found) return compare(field, `${type ?? 'bind'} on ${destination}`, 'not mounted');
  const missing = attributes.filter((name) => options.includes(name) && !found.options.includes(name));
  return missing.length === 0
    ? []
    : compare(field, `${destination}: ${missing.join(',')}`, `${destination}: without ${missing.join(',')}`);
}

function clean(path: string): string {
  return cleanPath(`/${path}`);
}
