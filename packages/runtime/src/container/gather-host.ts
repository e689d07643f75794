/** Everything that compiling a container's program needs to know, for making one and for planning it. */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import type { Hierarchies } from '@drydock/linux/cgroups/hierarchies';
import type { Spec } from '@drydock/oci/runtime-spec';
import type { CreateDescriptors, Host } from '../compile/host.ts';
import { failingAs } from '../failure.ts';
import { copiedFiles } from './copied-files.ts';
import {
  cgroupDirectories,
  mountOf,
  needsHome,
  processFacts,
  seccompFacts,
  sourceFacts,
  targetModes,
} from './facts.ts';
import { homeOf } from './home.ts';
import { hasUserNamespace } from './user-namespace.ts';

export interface GatherOptions extends Pick<Host, 'prepared'> {
  /** The runtime's state directory. */
  readonly root: string;
  readonly spec: Spec;
  /** Absolute. */
  readonly rootfs: string;
  readonly mountinfo: string;
  readonly hierarchies: Hierarchies;
  readonly cgroup: Cgroup;
}

/** Throws {@link Failure} for a seccomp profile that cannot be compiled. */
export function gatherHost(options: GatherOptions, descriptors: CreateDescriptors): Host<CreateDescriptors> {
  const { spec, rootfs, root, mountinfo, hierarchies, cgroup, prepared } = options;
  const { process = {}, mounts = [], linux = {} } = spec;
  return {
    ...processFacts({ entered: hasUserNamespace(linux.namespaces ?? []) }),
    descriptors,
    cgroup: { version: hierarchies.version, directories: cgroupDirectories(hierarchies, cgroup) },
    rootParent: mountOf(rootfs, mountinfo),
    sources: sourceFacts(mounts),
    prepared,
    copied: copiedFiles(rootfs, spec),
    modes: targetModes(rootfs, mounts),
    home: needsHome(process) ? homeOf(process.user?.uid ?? 0, rootfs, mounts) : '',
    seccomp: failingAs('unable to init seccomp', () => seccompFacts(linux.seccomp, root)),
  };
}
