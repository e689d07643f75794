/** Makes a container's cgroup and sets its limits; without root, as far as the caller may. */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { CgroupError } from '@drydock/linux/cgroups/cgroup';
import { NoCgroup } from '@drydock/linux/cgroups/none';
import type { CgroupV1 } from '@drydock/linux/cgroups/v1';
import { CgroupV2 } from '@drydock/linux/cgroups/v2';
import { Errno, errnoText } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';
import type { Mount, Spec } from '@drydock/oci/runtime-spec';
import { explain, Failure, failingAs } from '../failure.ts';
import { deviceRules } from './device-rules.ts';
import { type InitOptions, InitProcess } from './init.ts';
import { effectiveUser } from './user-namespace.ts';

const refusals: readonly number[] = [Errno.EPERM, Errno.EACCES, Errno.EROFS];

/** Answers the cgroup that the container has: less than the one asked for, where it may be and the kernel refuses. */
export function makeCgroup(
  cgroup: Cgroup,
  { linux = {}, mounts = [] }: Spec,
  { rootless }: { readonly rootless: boolean },
): Cgroup {
  const { resources = {}, cgroupsPath } = linux;
  const made = failingAs('unable to apply cgroup configuration', () => create(cgroup, rootless && !cgroupsPath));
  try {
    allowDevices(made, resources, rootless);
    made.limit(resources);
    const owner = ownerOf(linux, mounts);
    if (owner !== undefined && made instanceof CgroupV2) made.delegateTo(owner);
    return made;
  } catch (error) {
    const early = error instanceof CgroupError && (error.controller === 'cpuset' || error.controller === '');
    const stage = early
      ? 'unable to apply cgroup configuration'
      : 'error during container init: error setting cgroup config for procHooks process';
    throw new Failure(`${stage}: ${explain(error)}`, { cause: error });
  }
}

/** Who may manage the cgroup: the container's root, if it is shown its own cgroup and may write there. */
function ownerOf({ namespaces = [], uidMappings = [] }: NonNullable<Spec['linux']>, mounts: readonly Mount[]) {
  const has = (type: string) => namespaces.some((namespace) => namespace.type === type);
  const mounted = mounts.some(({ type, options = [] }) => type === 'cgroup' && !options.includes('ro'));
  if (!has('user') || !has('cgroup') || !mounted || effectiveUser() !== 0) return undefined;
  const range = uidMappings.find(({ containerID = 0 }) => containerID === 0);
  return range?.hostID;
}

/** `asPossible`: what the kernel refuses is done without. */
function create(cgroup: Cgroup, asPossible: boolean): Cgroup {
  if (asPossible && cgroup.version === 1) return (cgroup as CgroupV1).createWhatIsPossible(isRefusal);
  try {
    cgroup.create();
    return cgroup;
  } catch (error) {
    if (!asPossible || !isRefusal(error)) throw error;
    return new NoCgroup(cgroup.version, explain(error));
  }
}

/**
 * Starts a process in a cgroup. Beside the hierarchies of version 1, the unified one only tells whose a process is: whoever may
 * not bring processes there from elsewhere does without.
 */
export function startInCgroup(
  cgroup: Cgroup,
  birthplace: number | undefined,
  options: Omit<InitOptions, 'cgroup'>,
): InitProcess {
  try {
    return InitProcess.start({ ...options, cgroup: birthplace });
  } catch (error) {
    // What clone3 answers EACCES to is the cgroup alone (clone(2)).
    const refused = error instanceof SyscallError && error.errno === Errno.EACCES;
    if (cgroup.version === 2 && refused)
      throw new Failure(
        `unable to apply cgroup configuration: write ${cgroup.paths['']}/cgroup.procs: ${errnoText(error.errno)}`,
        { cause: error },
      );
    if (birthplace === undefined || !refused) throw error;
    return InitProcess.start({ ...options, cgroup: undefined });
  }
}

function allowDevices(cgroup: Cgroup, resources: NonNullable<Spec['linux']>['resources'], rootless: boolean): void {
  try {
    cgroup.allowDevices(deviceRules(resources?.devices));
  } catch (error) {
    if (!rootless) throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SyscallError && refusals.includes(error.errno);
}
