/**
 * Bind mounts that the parent makes copies of, because the child cannot: sources in directories that are closed to the root of
 * its user namespace, and those whose files shall show other owners. What makes the latter is loaded when there is one.
 */
import { SyscallError, syscall, trySyscall } from '@drydock/linux/syscall';
import type { Mount, Spec } from '@drydock/oci/runtime-spec';
import type { PreparedMount } from '../compile/host.ts';
import { type MountOptions, parseMountOptions } from '../compile/mount-options.ts';
import { behind } from './descriptors.ts';
import { effectiveUser, hasUserNamespace } from './user-namespace.ts';

/** By the mount's index; the descriptors are the caller's, behind the preserved ones. */
export async function prepareMounts(
  { mounts = [], linux = {} }: Spec,
  preserved: number,
): Promise<ReadonlyMap<number, PreparedMount>> {
  const prepared = new Map<number, PreparedMount>();
  const entered = hasUserNamespace(linux.namespaces ?? []) && effectiveUser() === 0;
  for (const [index, mount] of mounts.entries()) {
    const options = parseMountOptions(mount.options ?? [], mount.type ?? '');
    if (!options.bind) continue;
    if (options.idMapping !== undefined || mount.uidMappings?.length || mount.gidMappings?.length) {
      const { mapIds } = await import('./id-mapped-mount.ts');
      const descriptor = behind(preserved, copyOf(mount, options));
      await mapIds(descriptor, mount, options, linux);
      prepared.set(index, { descriptor, use: 'always' });
    } else if (entered) {
      const descriptor = tryCopy(mount, options);
      if (descriptor >= 0) prepared.set(index, { descriptor: behind(preserved, descriptor), use: 'if refused' });
    }
  }
  return prepared;
}

function copyOf(mount: Mount, options: MountOptions): number {
  const descriptor = tryCopy(mount, options);
  if (descriptor < 0) throw new SyscallError(`bind ${mount.source}`, -descriptor);
  return descriptor;
}

/** A mount that is nowhere yet (open_tree(2)), or a negated errno. */
function tryCopy({ source = '' }: Mount, { recursive }: MountOptions): number {
  const [clone, below, cloexec] = [1, 0x8000, 0o2000000];
  const tree = trySyscall('open_tree', -100, source, clone | cloexec | (recursive ? below : 0));
  if (tree >= 0) makeSlave(tree);
  return tree;
}

/**
 * As what the child copies in its own mount namespace is: else the copy of a shared mount would be the host's peer, and what the
 * container mounts below it would be mounted on the host (mount_namespaces(7)).
 */
function makeSlave(tree: number): void {
  const [emptyPath, below, slave] = [0x1000, 0x8000, 0x80000n];
  const bytes = new Uint8Array(new BigUint64Array([0n, 0n, slave, 0n]).buffer);
  syscall('mount_setattr', [tree, '', emptyPath | below, bytes, bytes.length], 'cut a copied mount off from the host');
}
