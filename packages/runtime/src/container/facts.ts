/** Gathers what compiling needs to know of the machine ({@link Host}). */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { cgroupDirectory, cleanPath, type Hierarchies } from '@drydock/linux/cgroups/hierarchies';
import {
  closeFile,
  exists,
  fileStatus,
  fileStatusIfPresent,
  Open,
  openDirectory,
  openFile,
  readText,
} from '@drydock/linux/disk';
import { cachedSeccomp } from '@drydock/linux/seccomp/cache';
import { filterFlags } from '@drydock/linux/seccomp/profile';
import { SyscallError, syscall, trySyscall } from '@drydock/linux/syscall';
import type { Mount, Process, Seccomp } from '@drydock/oci/runtime-spec';
import type { CgroupDirectory, Host, SourceFacts } from '../compile/host.ts';
import { parseMountOptions } from '../compile/mount-options.ts';
import { effectiveUser, isInUserNamespace } from './user-namespace.ts';

/** What holds for every process that this invocation starts. */
export type ProcessFacts = Pick<
  Host,
  'machine' | 'lastCapability' | 'boundingSet' | 'stdio' | 'oomScoreAdj' | 'kcore' | 'userNamespace' | 'rootless'
>;

/** `entered`: the process will be in another user namespace, where it may do everything. */
export function processFacts({ entered = false }: { readonly entered?: boolean } = {}): ProcessFacts {
  const status = readText('/proc/self/status');
  const mask = (name: string) => BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
  const lastCapability = Number(readText('/proc/sys/kernel/cap_last_cap'));
  return {
    machine: process.arch === 'arm64' ? 'arm64' : 'x64',
    lastCapability,
    boundingSet: entered ? (1n << BigInt(lastCapability + 1)) - 1n : mask('CapBnd') & mask('CapPrm'),
    rootless: effectiveUser() !== 0,
    userNamespace: entered || isInUserNamespace(),
    stdio: [0, 1, 2].map(stdioFacts),
    oomScoreAdj: Number(readText('/proc/self/oom_score_adj')),
    kcore: exists('/proc/kcore'),
  };
}

function stdioFacts(descriptor: number): Host['stdio'][number] {
  try {
    const { type, device, uid } = fileStatus(descriptor);
    return { null: type === 'character' && device.major === 1 && device.minor === 3, uid };
  } catch (error) {
    // Closed: the caller started us without it.
    if (error instanceof SyscallError) return { null: false, uid: 0 };
    throw error;
  }
}

/** The sources of bind mounts. A relative one is relative to the bundle. */
export function sourceFacts(mounts: readonly Mount[]): ReadonlyMap<string, SourceFacts> {
  const facts = new Map<string, SourceFacts>();
  for (const { source = '', type = '', options = [], destination } of mounts) {
    if (!parseMountOptions(options, type).bind) continue;
    const status = fileStatusIfPresent(source);
    const kind = status === undefined ? 'missing' : status.type === 'directory' ? 'directory' : 'file';
    facts.set(source, { kind, procfs: destination === '/proc' && kind === 'directory' && isProcfs(source) });
  }
  return facts;
}

/** The permissions of the image's directories that a tmpfs will cover. */
export function targetModes(rootfs: string, mounts: readonly Mount[]): ReadonlyMap<string, number> {
  const modes = new Map<string, number>();
  const covered = mounts.filter(
    ({ type, options = [] }) => type === 'tmpfs' && !options.some((o) => o.startsWith('mode=')),
  );
  if (covered.length === 0) return modes;
  const root = openFile(rootfs, Open.path | openDirectory);
  try {
    for (const { destination = '' } of covered) {
      const path = cleanPath(`/${destination}`);
      const descriptor = openInRoot(root, path, Open.path | openDirectory);
      if (descriptor < 0) continue;
      modes.set(path, fileStatus(descriptor).permissions);
      closeFile(descriptor);
    }
  } finally {
    closeFile(root);
  }
  return modes;
}

/** Opens a path with a directory as its root, as the container will see it; a negated errno if that fails. */
export function openInRoot(root: number, path: string, flags: number): number {
  const [noMagicLinks, inRoot, cloexec] = [0x2, 0x10, 0o2000000];
  const how = new BigUint64Array([BigInt(flags | cloexec), 0n, BigInt(noMagicLinks | inRoot)]);
  return trySyscall('openat2', root, path, new Uint8Array(how.buffer), 24);
}

/** The hierarchies as directories of the container's /sys/fs/cgroup, and where its cgroup is in each. */
export function cgroupDirectories({ list }: Hierarchies, cgroup: Pick<Cgroup, 'paths'>): readonly CgroupDirectory[] {
  const named = list.filter(({ name }) => name !== '');
  return [...new Set(named.map(({ mountPoint }) => mountPoint))].map((mountPoint) => {
    const names = named.filter((hierarchy) => hierarchy.mountPoint === mountPoint).map(({ name }) => name);
    const directory = mountPoint.slice(mountPoint.lastIndexOf('/') + 1);
    const [first = ''] = names;
    return {
      name: directory,
      // Without one of its own it is in its maker's.
      source: cgroup.paths[first] ?? cgroupDirectory(named.find((each) => each.mountPoint === mountPoint)!, ''),
      options: ['source=cgroup', ...(first.startsWith('name=') ? ['none', first] : names)],
      links: names.filter((name) => name !== directory && !name.startsWith('name=')),
    };
  });
}

/** Where the filesystem is mounted that a path is on. */
export function mountOf(path: string, mountinfo: string): string {
  let best = '/';
  for (const line of mountinfo.split('\n')) {
    const point = line.split(' ', 5)[4] ?? '';
    if ((path === point || path.startsWith(`${point}/`)) && point.length > best.length) best = point;
  }
  return best;
}

/** The filter of a profile, kept below the runtime's root. */
export function seccompFacts(profile: Seccomp | undefined, root: string): Host['seccomp'] {
  if (profile === undefined) return undefined;
  const kernel = readText('/proc/sys/kernel/osrelease').trim();
  return { filter: cachedSeccomp(profile, `${root}/.cache`, kernel), flags: filterFlags(profile) };
}

/** Whether HOME has to be looked up. */
export function needsHome({ env = [] }: Process): boolean {
  return !env.some((variable) => /^HOME=./.test(variable));
}

function isProcfs(path: string): boolean {
  const status = Buffer.alloc(120);
  syscall('statfs', [path, status], `statfs ${path}`);
  return status.readUInt32LE(0) === 0x9fa0;
}
