/** Refuses configurations that make no sense, before anything is made; in runc's words. */
import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { checkProfile, notifies, notify } from '@drydock/linux/seccomp/profile';
import type { Linux, Process, Spec } from '@drydock/oci/runtime-spec';
import { Failure } from '../failure.ts';
import { rlimits } from './identity.ts';
import { type NamespaceType, namespaceFlags } from './namespaces.ts';
import { knownPropagations } from './root.ts';
import { validateMachine, validateScheduling } from './scheduling.ts';

/** Throws {@link Failure} that names the field. */
export function validateSpec(spec: Spec): void {
  const { linux = {}, root, process } = spec;
  if (process === undefined) throw new Failure('process property must not be empty');
  validateProcess(process);
  validateMachine(linux);
  if (root === undefined) throw new Failure('root must be specified');
  validateNamespaces(linux);
  const propagation = linux.rootfsPropagation ?? '';
  if (propagation !== '' && !knownPropagations.includes(propagation))
    throw new Failure(`rootfsPropagation=${propagation} is not supported`);
  validateDevices(linux);
  validateNetDevices(linux);
  if (linux.seccomp) validateSeccomp(linux);
  if ((spec.hostname || spec.domainname) && !isPrivate(linux, 'uts'))
    throw new Failure(`unable to set ${spec.hostname ? 'hostname' : 'domainname'} without a private UTS namespace`);
  if ((linux.maskedPaths?.length || linux.readonlyPaths?.length) && !isPrivate(linux, 'mount'))
    throw new Failure('unable to restrict sys entries without a private MNT namespace');
  if (!isPrivate(linux, 'mount')) throw new Failure('a container without a private MNT namespace is not supported');
  for (const name of Object.keys(linux.sysctl ?? {})) validateSysctl(name, linux);
}

/** The process of a container or of an exec. */
export function validateProcess(process: Process): void {
  const { args, cwd = '', rlimits: limits = [], user } = process;
  if (cwd === '') throw new Failure('Cwd property must not be empty');
  if (!cwd.startsWith('/')) throw new Failure('Cwd must be an absolute path');
  if (!args?.length) throw new Failure('args must not be empty');
  for (const [index, { type = '' }] of limits.entries()) {
    if (!rlimits.includes(type)) throw new Failure(`wrong rlimit value: ${type}`);
    if (limits.findIndex((each) => each.type === type) < index) throw new Failure(`duplicated rlimit: ${type}`);
  }
  validateScheduling(process);
  if (user?.umask !== undefined && user.umask > 0o777) throw new Failure(`invalid umask ${user.umask.toString(8)}`);
}

function validateNamespaces({ namespaces = [], uidMappings, gidMappings, timeOffsets = {} }: Linux): void {
  const seen = new Set<string>();
  for (const { type = '', path = '' } of namespaces) {
    if (!(type in namespaceFlags)) throw new Failure(`namespace {"${type}" "${path}"} does not exist`);
    if (seen.has(type)) throw new Failure(`malformed spec file: duplicated ns {"${type}" "${path}"}`);
    seen.add(type);
  }
  const of = (type: string) => namespaces.find((namespace) => namespace.type === type);
  if (of('user') && !of('user')?.path && !(uidMappings?.length && gidMappings?.length))
    throw new Failure('user namespaces enabled, but no namespace path to join nor mappings to apply specified');
  const offsets = Object.keys(timeOffsets);
  if (offsets.length === 0) return;
  if (!of('time'))
    throw new Failure("time namespace offsets specified, but time namespace isn't enabled in the config");
  if (of('time')?.path)
    throw new Failure(
      'time namespace enabled, but both namespace path and time offsets specified -- you may only provide one',
    );
  const unknown = offsets.find((clock) => clock !== 'monotonic' && clock !== 'boottime');
  if (unknown) throw new Failure(`time offsets for the clock "${unknown}" are not supported`);
}

function validateDevices({ devices = [], resources = {} }: Linux): void {
  for (const { type = '', path = '' } of devices) {
    if (!['c', 'u', 'b', 'p'].includes(type)) throw new Failure(`invalid device type "${type}"`);
    if (cleanPath(`/${path}`) !== path) throw new Failure(`device path "${path}" is not an absolute, clean path`);
  }
  for (const [index, { type = 'a', access, major, minor }] of (resources.devices ?? []).entries()) {
    // Without access a rule is runc's for everything, but only if it names nothing.
    if (!access && (type !== 'a' || major || minor))
      throw new Failure(`device access at ${index} field cannot be empty`);
    if (!['', 'a', 'b', 'c'].includes(type)) throw new Failure(`invalid cgroup device type "${type}"`);
  }
}

function validateNetDevices(linux: Linux): void {
  const devices = Object.entries(linux.netDevices ?? {});
  if (devices.length === 0) return;
  if (!isPrivate(linux, 'network')) throw new Failure('unable to move network devices without a NET namespace');
  // As the kernel has it (dev_valid_name): at most 15 bytes.
  const isName = (name: string) => /^[^/:\s]{1,15}$/.test(name) && name !== '.' && name !== '..';
  for (const [name, { name: newName = '' }] of devices)
    for (const each of [name, ...(newName ? [newName] : [])])
      if (!isName(each)) throw new Failure(`invalid network device name "${each}"`);
}

function validateSeccomp({ seccomp = {} }: Linux): void {
  if (notifies(seccomp)) {
    if (seccomp.defaultAction === notify) throw new Failure(`${notify} cannot be used as default action`);
    if (seccomp.syscalls?.some(({ action, names }) => action === notify && names?.includes('write')))
      throw new Failure(`${notify} cannot be used for the write syscall`);
    if (!seccomp.listenerPath) throw new Failure('listenerPath is not set');
  }
  try {
    checkProfile(seccomp);
  } catch (error) {
    throw new Failure((error as Error).message, { cause: error });
  }
}

/** Which namespace a sysctl belongs to: one that the host shares must not be changed. */
function validateSysctl(written: string, linux: Linux): void {
  const name = written.replaceAll('/', '.');
  const ipc = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..*)$/.test(name);
  if (ipc) {
    if (isPrivate(linux, 'ipc')) return;
    throw new Failure(`sysctl "${written}" is not allowed in the hosts ipc namespace`);
  }
  // How much a user may make of what the kernel counts (sysctl(5), /proc/sys/user).
  if (name.startsWith('user.')) {
    if (isPrivate(linux, 'user')) return;
    throw new Failure(`setting ucounts without a user namespace not allowed: ${written}`);
  }
  if (name.startsWith('net.')) {
    if (isPrivate(linux, 'network')) return;
    throw new Failure(`sysctl "${written}" not allowed in host network namespace`);
  }
  if (name === 'kernel.domainname' && isPrivate(linux, 'uts')) return;
  if (name === 'kernel.hostname')
    throw new Failure(`sysctl "${written}" is not allowed as it conflicts with the OCI "hostname" field`);
  throw new Failure(`sysctl "${written}" is not in a separate kernel namespace`);
}

function isPrivate({ namespaces = [] }: Linux, type: NamespaceType): boolean {
  return namespaces.some((namespace) => namespace.type === type);
}
