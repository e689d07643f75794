/** What a running container is made of: from the kernel, with what the configuration says otherwise. */
import { closeFile, Open, openDirectory, openFile, readTextIfPresent } from '@drydock/linux/disk';
import { parseSpec, type Spec, type Status } from '@drydock/oci/runtime-spec';
import type { Container } from '../container/container.ts';
import { openInRoot } from '../container/facts.ts';
import { linkTarget } from '../container/link.ts';
import { Failure } from '../failure.ts';
import { type CgroupFacts, cgroupDifferences, cgroupFacts } from './cgroups.ts';
import { type CredentialFacts, credentialDifferences, credentialFacts } from './credentials.ts';
import { type DescriptorFacts, descriptorFacts } from './descriptors.ts';
import type { Difference } from './difference.ts';
import { ownersOf } from './host-processes.ts';
import { type MountFacts, mountDifferences, mountFacts } from './mounts.ts';
import { type NamespaceFacts, namespaceDifferences, namespaceFacts } from './namespaces.ts';

export interface Explanation {
  readonly id: string;
  readonly status: Status;
  readonly process: {
    readonly pid: number;
    readonly command: readonly string[];
    readonly executable: string;
    readonly cwd: string;
    /** All of the container, in the host's numbers. */
    readonly all: readonly number[];
  };
  readonly namespaces: readonly NamespaceFacts[];
  readonly cgroups: CgroupFacts;
  readonly mounts: readonly MountFacts[];
  readonly credentials: CredentialFacts;
  readonly descriptors: readonly DescriptorFacts[];
  /** The configuration that was compared with; undefined if it is gone. */
  readonly configuration: string | undefined;
  readonly differences: readonly Difference[];
}

/** Looks at a container. Throws {@link Failure} if it has stopped. */
export function explainContainer(container: Container, root: string): Explanation {
  const { pid, status, cgroup, state } = container;
  if (status === 'stopped') throw new Failure('cannot explain a stopped container');
  const file = `${state.bundle}/config.json`;
  const text = readTextIfPresent(file);
  const spec: Spec = text === undefined ? {} : parseSpec(text);
  const all = cgroup.processes().sort((a, b) => a - b);
  const own = new Set(all);
  const owners = ownersOf(root);
  const namespaces = namespaceFacts(pid, own, owners);
  const cgroups = cgroupFacts(pid, cgroup);
  const mounts = mountFacts(pid, spec);
  const credentials = credentialFacts(pid);
  const descriptors = descriptorFacts(pid, new Set(mounts.map(({ id }) => id)), own, owners);
  const hasFilter = spec.linux?.seccomp !== undefined;
  const differences = [
    ...namespaceDifferences(namespaces, spec),
    ...cgroupDifferences(cgroups, cgroup, spec.linux?.resources ?? {}),
    ...mountDifferences(mounts, spec, (path) => isPresent(pid, path)),
    ...credentialDifferences(credentials, spec.process ?? {}, { started: status !== 'created', hasFilter }),
  ];
  return {
    id: container.id,
    status,
    process: {
      pid,
      command: (readTextIfPresent(`/proc/${pid}/cmdline`) ?? '').split('\0').filter(Boolean),
      executable: linkTarget(`/proc/${pid}/exe`),
      cwd: linkTarget(`/proc/${pid}/cwd`),
      all,
    },
    namespaces,
    cgroups,
    mounts,
    credentials,
    descriptors,
    configuration: text === undefined ? undefined : file,
    differences: text === undefined ? [] : differences,
  };
}

/** Whether a process's root has a path; links lead nowhere else. */
function isPresent(pid: number, path: string): boolean {
  const root = openFile(`/proc/${pid}/root`, Open.path | openDirectory);
  try {
    const descriptor = openInRoot(root, path, Open.path);
    if (descriptor >= 0) closeFile(descriptor);
    return descriptor >= 0;
  } finally {
    closeFile(root);
  }
}
