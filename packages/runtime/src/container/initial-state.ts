/** What is known of a container before it has a process. */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { notifies } from '@drydock/linux/seccomp/profile';
import type { Spec } from '@drydock/oci/runtime-spec';
import type { CreateOptions } from './create.ts';
import type { ContainerState } from './state.ts';

/** The state of a container that has no process yet. */
export function initialState(
  { id, bundle, spec }: Pick<CreateOptions, 'id' | 'bundle' | 'spec'>,
  rootfs: string,
  cgroup: Cgroup,
): ContainerState {
  return {
    id,
    pid: 0,
    startTime: 0,
    // Without zeros at the end, as Go writes a time.
    created: new Date().toISOString().replace(/\.?0+Z$/, 'Z'),
    ociVersion: spec.ociVersion ?? '',
    bundle,
    rootfs,
    annotations: spec.annotations ?? {},
    cgroupPaths: cgroup.paths,
    namespaces: Object.fromEntries((spec.linux?.namespaces ?? []).map(({ type = '', path = '' }) => [type, path])),
    hooks: spec.hooks ?? {},
    uidMappings: spec.linux?.uidMappings ?? [],
    gidMappings: spec.linux?.gidMappings ?? [],
    seccompListener: listenerOf(spec),
    machine: {
      ...(spec.linux?.personality ? { personality: spec.linux.personality } : {}),
      ...(spec.linux?.memoryPolicy ? { memoryPolicy: spec.linux.memoryPolicy } : {}),
    },
  };
}

/** Where the descriptor of the filter's reports goes, for processes that are started later too. */
function listenerOf({ linux: { seccomp = {} } = {} }: Spec): ContainerState['seccompListener'] {
  const { listenerPath, listenerMetadata = '' } = seccomp;
  return notifies(seccomp) && listenerPath ? { listenerPath, listenerMetadata } : undefined;
}

/** The root filesystem's path; a relative one is relative to the bundle. */
export function absoluteRootfs(bundle: string, { root }: Spec): string {
  const path = root?.path ?? '';
  return cleanPath(path.startsWith('/') ? path : `${bundle}/${path}`);
}
