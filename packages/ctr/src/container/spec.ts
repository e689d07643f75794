/** The configuration of a container, by the flags of `run` and `containers create`: the default one, the image's, then each flag. */
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { deviceAt, hostDevices } from '@drydock/linux/host-devices';
import type { ImageConfig } from '@drydock/oci/image-spec';
import { parseSpec, type Spec } from '@drydock/oci/runtime-spec';
import { defaultProfile } from '@drydock/oci/seccomp/default-profile';
import { type ReadContainerFile, resolveUser } from '@drydock/oci/user';
import type { ContainerFlags, RunOnlyFlags } from '../flags/container.ts';
import { labelsOf } from '../words.ts';
import { heldCapabilities } from './capabilities.ts';
import { type DraftSpec, defaultSpec } from './default-spec.ts';

export interface SpecInput {
  readonly namespace: string;
  readonly id: string;
  readonly flags: ContainerFlags & Partial<RunOnlyFlags>;
  /** The program and its arguments; the image's own if there are none. */
  readonly args: readonly string[];
  readonly image?: ImageConfig | undefined;
  /** Where `--rootfs` leads. */
  readonly rootfs?: string | undefined;
  /** Reads files of the container's root. */
  readonly readFile: ReadContainerFile;
}

/** Makes the configuration. Throws in ctr's words where flags contradict each other. */
export async function makeSpec(input: SpecInput): Promise<Spec> {
  const { flags } = input;
  if (flags.config !== '') return parseSpec(readFileSync(flags.config, 'utf8'));
  const spec = defaultSpec(input.namespace, input.id);
  await applyImage(spec, input);
  applyProcess(spec, input);
  applyRoot(spec, input);
  applyRights(spec, flags);
  applyNamespaces(spec, flags);
  applyResources(spec, flags);
  applyDevices(spec, flags);
  return spec as Spec;
}

async function applyImage({ process }: DraftSpec, { image, flags, args, readFile }: SpecInput): Promise<void> {
  const config = image?.config ?? undefined;
  const env = [...(config?.Env ?? [])];
  if (image !== undefined && !env.some((entry) => entry.startsWith('PATH='))) env.push(defaultPath);
  const merged = mergeEnv(env, [...fileLines(flags.envFile), ...flags.env]);
  if (merged.length > 0) process.env = merged;
  const own = [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])];
  process.args = args.length > 0 ? [...(config?.Entrypoint ?? []), ...args] : own;
  if (args.length === 0 && own.length === 0) throw new Error('no arguments specified');
  process.cwd = config?.WorkingDir || '/';
  if (image !== undefined || flags.user !== '')
    process.user = { ...(await resolveUser(flags.user || config?.User || '', [], readFile)) } as typeof process.user;
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function applyProcess(spec: DraftSpec, { flags }: SpecInput): void {
  const { process } = spec;
  if (flags.cwd !== '') process.cwd = flags.cwd;
  if (flags.tty) {
    process.terminal = true;
    process.env = mergeEnv(process.env ?? [], ['TERM=xterm']);
  }
  if (flags.rlimitNofile !== '') {
    const [soft, hard = soft] = flags.rlimitNofile.split(':').map(Number);
    process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: soft!, hard: hard! }];
  }
  if (flags.hostname !== '') spec.hostname = flags.hostname;
  const annotations = { ...labelsOf(flags.label), ...labelsOf(flags.annotation) };
  if (Object.keys(annotations).length > 0) spec.annotations = annotations;
}

function applyRoot(spec: DraftSpec, { flags, rootfs }: SpecInput): void {
  if (rootfs !== undefined) spec.root.path = resolve(rootfs);
  if (flags.readOnly) spec.root.readonly = true;
  spec.mounts.push(...flags.mount.map(parseMount));
  if (flags.rootfsPropagation !== '') spec.linux.rootfsPropagation = flags.rootfsPropagation;
}

function applyRights(spec: DraftSpec, flags: ContainerFlags): void {
  const { process, linux } = spec;
  if (flags.privilegedWithoutHostDevices && !flags.privileged)
    throw new Error("can't use 'privileged-without-host-devices' without 'privileged' specified");
  if (flags.privileged) {
    setCapabilities(spec, heldCapabilities());
    delete linux.maskedPaths;
    delete linux.readonlyPaths;
    for (const each of spec.mounts)
      if (['sysfs', 'cgroup'].includes(each.type ?? ''))
        each.options = each.options?.map((option) => (option === 'ro' ? 'rw' : option));
  }
  for (const name of [...flags.capAdd, ...flags.capDrop])
    if (!name.startsWith('CAP_')) throw new Error("capabilities must be specified with 'CAP_' prefix");
  const held = process.capabilities?.bounding ?? [];
  const wanted = [...held, ...flags.capAdd.filter((name) => !held.includes(name))];
  if (flags.capAdd.length + flags.capDrop.length > 0)
    setCapabilities(
      spec,
      wanted.filter((name) => !flags.capDrop.includes(name)),
    );
  if (flags.allowNewPrivs) delete process.noNewPrivileges;
  applySecurity(spec, flags);
}

function setCapabilities({ process }: DraftSpec, names: readonly string[]): void {
  process.capabilities = { bounding: [...names], effective: [...names], permitted: [...names] };
}

function applySecurity({ process, linux }: DraftSpec, flags: ContainerFlags): void {
  if (!flags.seccomp && flags.seccompProfile !== '')
    throw new Error('seccomp must be set to true, if using a custom seccomp-profile');
  if (flags.seccompProfile !== '')
    linux.seccomp = JSON.parse(readFileSync(flags.seccompProfile, 'utf8')) as typeof linux.seccomp;
  else if (flags.seccomp)
    linux.seccomp = defaultProfile(
      process.capabilities?.bounding ?? [],
      globalThis.process.arch === 'arm64' ? 'arm64' : 'amd64',
    ) as typeof linux.seccomp;
  if (flags.apparmorProfile !== '' && flags.apparmorDefaultProfile !== '')
    throw new Error('apparmor-profile conflicts with apparmor-default-profile');
  const profile = flags.apparmorProfile || flags.apparmorDefaultProfile;
  if (profile !== '') process.apparmorProfile = profile;
  if (flags.rdtClass !== '') linux.intelRdt = { closID: flags.rdtClass };
}

const namespaceTypes = ['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time'];

function applyNamespaces(spec: DraftSpec, flags: ContainerFlags & Partial<RunOnlyFlags>): void {
  const { linux, process } = spec;
  const namespaces = linux.namespaces ?? [];
  if (flags.netHost) {
    linux.namespaces = namespaces.filter(({ type }) => type !== 'network');
    for (const path of ['/etc/hosts', '/etc/resolv.conf'])
      spec.mounts.push({ destination: path, type: 'bind', source: path, options: ['rbind', 'ro'] });
    process.env = mergeEnv(process.env ?? [], [`HOSTNAME=${hostname()}`]);
  }
  for (const text of flags.withNs) {
    const at = text.indexOf(':');
    if (at === -1) throw new Error("joining a Linux namespace using --with-ns requires the format 'nstype:path'");
    const [type, path] = [text.slice(0, at), text.slice(at + 1)];
    if (!namespaceTypes.includes(type))
      throw new Error(`the Linux namespace type specified in --with-ns is not valid: ${type}`);
    const present = linux.namespaces ?? [];
    const isThere = present.some((each) => each.type === type);
    linux.namespaces = isThere
      ? present.map((each) => (each.type === type ? { type, path } : each))
      : [...present, { type, path }];
  }
  const [uids, gids] = [flags.uidmap ?? [], flags.gidmap ?? []];
  if (uids.length === 0 || gids.length === 0) return;
  linux.uidMappings = uids.map(parseMapping);
  linux.gidMappings = gids.map(parseMapping);
  linux.namespaces = [...(linux.namespaces ?? []), { type: 'user' }];
}

/** `container:host:size` */
export function parseMapping(text: string): { containerID: number; hostID: number; size: number } {
  const [containerID, hostID, size, ...more] = text.split(':').map(Number);
  if (![containerID, hostID, size].every(Number.isInteger) || more.length > 0)
    throw new Error(`cannot parse id mapping ${text}`);
  return { containerID: containerID!, hostID: hostID!, size: size! };
}

function applyResources(spec: DraftSpec, flags: ContainerFlags & Partial<RunOnlyFlags>): void {
  const { linux } = spec;
  const { resources } = linux;
  const { cpus = 0, cpuShares = 0, cpuQuota, cpuPeriod } = flags;
  const isSet = cpuQuota !== -1 || cpuPeriod !== 0;
  if (isSet && cpus > 0) throw new Error('cpus and quota/period should be used separately');
  const cpu = {
    ...(cpus > 0 ? { quota: Math.trunc(cpus * 100_000), period: 100_000 } : {}),
    ...(flags.cpusetCpus === '' ? {} : { cpus: flags.cpusetCpus }),
    ...(flags.cpusetMems === '' ? {} : { mems: flags.cpusetMems }),
    ...(cpuShares > 0 ? { shares: cpuShares } : {}),
    ...(isSet ? { quota: cpuQuota, period: cpuPeriod } : {}),
    ...(flags.cpuBurst === 0 ? {} : { burst: flags.cpuBurst }),
  };
  if (Object.keys(cpu).length > 0) resources.cpu = cpu;
  if (flags.memoryLimit !== 0) resources.memory = { limit: flags.memoryLimit };
  if (flags.cgroup !== undefined) linux.cgroupsPath = flags.cgroup;
}

/** What every program expects: null, random, full, tty, zero, urandom, console, the terminals and their master. */
const usualDevices = [[1, 3], [1, 8], [1, 7], [5, 0], [1, 5], [1, 9], [5, 1], [136], [5, 2]] as const; // biome-ignore format: a table

function applyDevices({ linux }: DraftSpec, flags: ContainerFlags): void {
  linux.resources.devices = [
    ...(linux.resources.devices ?? []),
    ...usualDevices.map(([major, minor]) => ({
      allow: true,
      type: 'c',
      major,
      ...(minor === undefined ? {} : { minor }),
      access: 'rwm',
    })),
  ];
  if (flags.gpus.length > 0) throw new Error('gpus: the NVIDIA container tools are needed, which are not here');
  if (flags.privileged && !flags.privilegedWithoutHostDevices) {
    linux.devices = [...hostDevices('/dev')];
    linux.resources.devices = [{ allow: true, access: 'rwm' }];
  }
  for (const path of flags.device) {
    const stats = statSync(path);
    const found = stats.isDirectory() ? [...hostDevices(path)] : [deviceAt(path, stats)];
    for (const device of found) {
      if (device === undefined) throw new Error(`${path}: not a device node`);
      const { type, major, minor } = device;
      linux.devices = [...(linux.devices ?? []), device];
      linux.resources.devices = [
        ...(linux.resources.devices ?? []),
        { allow: true, type, major, minor, access: 'rwm' },
      ];
    }
  }
}

/** A variable that is there already gets the new value; one without `=` is taken away. */
function mergeEnv(present: readonly string[], added: readonly string[]): string[] {
  const result = [...present];
  for (const entry of added) {
    const name = entry.split('=', 1)[0] ?? '';
    const at = result.findIndex((each) => each.startsWith(`${name}=`));
    if (!entry.includes('=')) {
      if (at !== -1) result.splice(at, 1);
    } else if (at === -1) result.push(entry);
    else result[at] = entry;
  }
  return result;
}

function fileLines(path: string): string[] {
  if (path === '') return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** `type=bind,src=/a,dst=/b,options=rbind:ro` as a mount of the configuration. */
function parseMount(text: string): { destination: string; type: string; source: string; options: string[] } {
  const mount = { destination: '', type: '', source: '', options: [] as string[] };
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    if (at === -1) throw new Error('invalid mount specification: expected key=val');
    const [key, value] = [field.slice(0, at), field.slice(at + 1)];
    if (key === 'type') mount.type = value;
    else if (key === 'source' || key === 'src') mount.source = value;
    else if (key === 'destination' || key === 'dst') mount.destination = value;
    else if (key === 'options') mount.options = value.split(':');
    else throw new Error(`mount option "${key}" not supported`);
  }
  return mount;
}
