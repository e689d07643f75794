/** What a container is like whose maker is not root: which of its wishes cannot be (runc's rules and words). */
import type { Spec } from '@drydock/oci/runtime-spec';
import { Failure } from '../failure.ts';
import { effectiveUser, isInUserNamespace } from './user-namespace.ts';

/** Whether refused cgroups are done without: as --rootless says, or if the caller is not the machine's root. */
export function ignoresCgroupRefusals(flag: string): boolean {
  if (flag !== 'auto') return /^[1tT]/.test(flag);
  return effectiveUser() !== 0 || isInUserNamespace();
}

/** Throws {@link Failure} if a user other than root asks for what only root can give. */
export function checkRootless({ linux = {}, process = {}, mounts = [] }: Spec): void {
  if (effectiveUser() === 0) return;
  const { namespaces = [], uidMappings = [], gidMappings = [], netDevices = {} } = linux;
  const user = namespaces.find(({ type }) => type === 'user');
  if (!user) throw new Failure('rootless container requires user namespaces');
  if (!user.path && uidMappings.length === 0)
    throw new Failure('rootless containers requires at least one UID mapping');
  if (!user.path && gidMappings.length === 0)
    throw new Failure('rootless containers requires at least one GID mapping');
  if (process.user?.additionalGids?.length)
    throw new Failure('cannot set any additional groups in a rootless container');
  if (Object.keys(netDevices).length > 0)
    throw new Failure('network devices are not supported for rootless containers');
  for (const { options = [], uidMappings: own } of mounts) {
    if (own?.length || options.includes('idmap') || options.includes('ridmap'))
      throw new Failure('id-mapped mounts are not supported for rootless containers');
    for (const [kind, mappings] of [
      ['uid', uidMappings],
      ['gid', gidMappings],
    ] as const) {
      const ids = options.flatMap((option) => new RegExp(`^${kind}=(\\d+)$`).exec(option)?.slice(1) ?? []).map(Number);
      const mapped = (id: number) =>
        mappings.some(({ containerID = 0, size = 0 }) => id >= containerID && id < containerID + size);
      if (ids.some((id) => !mapped(id)))
        throw new Failure(`cannot specify ${kind}= mount options for unmapped ${kind} in rootless containers`);
    }
  }
}
