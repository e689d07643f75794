/** The mounts of a container, in the order of its configuration. */
import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { errnoText } from '@drydock/linux/errno';
import type { Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Mount } from '@drydock/oci/runtime-spec';
import { mountCgroups } from './cgroup-mount.ts';
import { type MountJob, type MountsOptions, mountOne } from './mount.ts';
import { isReadOnly, parseMountOptions, withoutReadOnly } from './mount-options.ts';
import { openParent } from './paths.ts';

/** Mounts everything, in order. Answers what becomes read-only when everything is done: /dev gets its nodes first. */
export function compileMounts(program: Program, options: MountsOptions): { readonly readOnlyLater: readonly string[] } {
  const readOnlyLater: string[] = [];
  const destinations = options.mounts.map(({ destination = '' }) => cleanPath(`/${destination}`));
  // Of mounts in a row that are in one directory, which none of them covers, that directory is opened once.
  let directory = '/';
  let parent: Slot | undefined;
  for (const [index, mount] of options.mounts.entries()) {
    program.stage('mounts', `mounts[${index}]`);
    const destination = destinations[index]!;
    const failure = mountFailure(mount, options.rootfs);
    if (directoryOf(destination) !== directory) {
      if (parent) program.call('close', [parent]);
      directory = directoryOf(destination);
      const alone = directory === '/' || directoryOf(destinations[index + 1] ?? '/') !== directory;
      parent = alone ? undefined : (openParent(program, { root: options.root, path: destination, failure }) as Slot);
    }
    const parsed = parseMountOptions(mount.options ?? [], mount.type ?? '');
    const later = destination === '/dev' && isReadOnly(parsed.attributes) && !parsed.bind;
    if (later) readOnlyLater.push(destination);
    const job: MountJob = {
      ...options,
      mount,
      copied: options.host.copied.get(index),
      prepared: options.host.prepared.get(index),
      destination,
      parent,
      parsed: later ? { ...parsed, attributes: withoutReadOnly(parsed.attributes) } : parsed,
      failure,
    };
    if (mount.type === 'cgroup' && !parsed.bind) mountCgroups(program, job);
    else mountOne(program, job);
  }
  if (parent) program.call('close', [parent]);
  return { readOnlyLater };
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** `error mounting "proc" to rootfs at "/proc": mount proc on /proc (nosuid): operation not permitted`. */
function mountFailure({ source = '', destination }: Mount, rootfs: string): (op: string, errno: number) => string {
  const start = `error during container init: error mounting "${source}" to rootfs at "${destination}": `;
  return (op, errno) => {
    const where = op.replace(
      /^(mkdir|open|create) (\/.*)$/,
      (_, verb, path) => `${verb === 'open' ? 'mkdir' : verb} ${rootfs}${path}`,
    );
    return `${start}${where}${errno === 0 ? '' : `: ${errnoText(errno)}`}`;
  };
}
