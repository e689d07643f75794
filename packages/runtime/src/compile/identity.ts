/**
 * Who the process is and what it may do. The order matters: groups before the user, the bounding set while CAP_SETPCAP is
 * there, the seccomp filter while CAP_SYS_ADMIN is, the capabilities after the user, with PR_SET_KEEPCAPS in between.
 */
import { Errno, errnoText } from '@drydock/linux/errno';
import { Memory } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Process } from '@drydock/oci/runtime-spec';
import { type CapabilitySets, capabilityNames, capabilitySets } from './capabilities.ts';
import { octal, Pr } from './constants.ts';
import type { Host } from './host.ts';
import { compileScheduling, type Machine } from './scheduling.ts';
import { compileSeccomp } from './seccomp.ts';

const fails = (op: string) => (errno: number) => `error during container init: ${op}: ${errnoText(errno)}`;

/** Resource limits by name (asm-generic/resource.h). */
export const rlimits: readonly string[] = [
  ...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS', 'SIGPENDING'],
  ...['MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
].map((name) => `RLIMIT_${name}`);

/** `struct __user_cap_header_struct`, version 3. */
const capabilityVersion = 0x20080522;

export interface IdentityOptions {
  readonly process: Process;
  /** What holds for every process of the container. */
  readonly machine: Machine;
  readonly host: Host;
  /** The name of a session keyring of its own, if it gets one. */
  readonly keyring: string | undefined;
}

/** From here on the process is the container's user, with the container's limits and rights. */
export function compileIdentity(program: Program, { process, machine, host, keyring }: IdentityOptions): void {
  const { user = {}, rlimits: limits = [], cwd = '/' } = process;
  program.stage('identity', '');
  if (keyring !== undefined) joinKeyring(program, keyring);
  program.field('process.rlimits');
  for (const { type = '', soft = 0, hard = 0 } of limits) setLimit(program, type, soft, hard);
  compileScheduling(program, process, machine);
  program.field('process.user.umask');
  program.call('umask', [octal(user.umask ?? 0o022)]);
  program.field('process.noNewPrivileges');
  if (process.noNewPrivileges)
    program.call('prctl', [Pr.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0], { failure: fails('set no_new_privs') });

  const sets = process.capabilities && capabilitySets(process.capabilities, host.boundingSet);
  program.field('process.capabilities.bounding');
  if (sets) dropBounding(program, sets, host.lastCapability);
  program.field('process.user');
  giveStdio(program, user.uid ?? 0, host, process.terminal ?? false);
  changeUser(program, process, host);
  program.field('process.cwd');
  changeDirectory(program, cwd);
  // Without no_new_privs, loading a filter takes CAP_SYS_ADMIN: capset below takes it away.
  if (host.seccomp && !process.noNewPrivileges) {
    if (sets) setCapabilities(program, everythingOf(host), 'process.capabilities');
    compileSeccomp(program, host);
  }
  if (sets) setCapabilities(program, sets, 'process.capabilities');
}

/** A keyring that other containers do not share, with the permission to search it, as runc gives it. */
function joinKeyring(program: Program, name: string): void {
  const join = { value: 1, text: 'KEYCTL_JOIN_SESSION_KEYRING' };
  const setPermissions = { value: 5, text: 'KEYCTL_SETPERM' };
  const sessionKeyring = { value: -3, text: 'KEY_SPEC_SESSION_KEYRING' };
  // All for the possessor; view, read, search, link for the user.
  const permissions = { value: 0x3f1b0000, text: '0x3f1b0000' };
  const absent = program.label();
  program.call('keyctl', [join, name], {
    tolerate: [Errno.ENOSYS],
    onError: absent,
    failure: fails(`join keyring ${name}`),
  });
  program.call('keyctl', [setPermissions, sessionKeyring, permissions], { tolerate: 'any' });
  program.place(absent);
}

function setLimit(program: Program, type: string, soft: number, hard: number): void {
  const number = rlimits.indexOf(type);
  const word = (value: number) => (value >= 2 ** 63 ? 2n ** 64n - 1n : BigInt(value));
  const limit = new Memory(`{${soft}, ${hard}}`, 16, [
    [0, word(soft)],
    [8, word(hard)],
  ]);
  program.call('prlimit64', [0, { value: number, text: type }, limit, 0], {
    failure: fails(`error setting rlimits for ready process: error setting rlimit type ${number}`),
  });
}

function dropBounding(program: Program, { bounding }: CapabilitySets, last: number): void {
  for (let number = 0; number <= last; number++) {
    if ((bounding >> BigInt(number)) & 1n) continue;
    const capability = { value: number, text: capabilityNames[number] ?? String(number) };
    program.call('prctl', [Pr.PR_CAPBSET_DROP, capability, 0, 0, 0], { failure: fails('drop a bounding capability') });
  }
}

/** Stdio belongs to the user, who may want to open /dev/stdout again. */
function giveStdio(program: Program, uid: number, host: Host, terminal: boolean): void {
  for (const [descriptor, { null: isNull, uid: owner }] of host.stdio.entries()) {
    if (terminal ? uid === 0 : isNull || owner === uid) continue;
    program.call('fchown', [descriptor, uid, -1], {
      // A descriptor of a read-only filesystem, of a kind that has no owner, or closed.
      tolerate: [Errno.EINVAL, Errno.EPERM, Errno.EROFS, Errno.EBADF],
      failure: fails(`chown descriptor ${descriptor}`),
    });
  }
}

function changeUser(program: Program, { user = {} }: Process, host: Host): void {
  const groups = user.additionalGids ?? [];
  const list = new Memory(`[${groups.join(',')}]`, new Uint8Array(Uint32Array.from(groups).buffer));
  program.call('setgroups', [groups.length, groups.length === 0 ? 0 : list], {
    // Who may only map its own group may not leave its other ones (user_namespaces(7)).
    tolerate: host.userNamespace && groups.length === 0 ? [Errno.EPERM] : [],
    failure: fails('setgroups'),
  });
  const { uid = 0, gid = 0 } = user;
  program.call('setresgid', [gid, gid, gid], { failure: fails(`setgid ${gid}`) });
  program.call('prctl', [Pr.PR_SET_KEEPCAPS, 1, 0, 0, 0]);
  program.call('setresuid', [uid, uid, uid], { failure: fails(`setuid ${uid}`) });
}

/** To the working directory as the user, and make sure that it is inside the root (CVE-2024-21626). */
function changeDirectory(program: Program, cwd: string): void {
  const text = `chdir to cwd ("${cwd}") set in config.json failed`;
  program.call('chdir', [cwd], { failure: (errno) => `${text}: ${errnoText(errno)}` });
  const path = new Memory('path', 4096);
  const outside = 'current working directory is outside of container mount namespace root';
  const escaped = () => `${outside} -- possible container breakout detected`;
  program.call('getcwd', [path, path.bytes.length], { failure: escaped });
  // A path outside begins with `(unreachable)`.
  const first = { value: 0xff, text: 'first byte' };
  const slash = { value: '/'.charCodeAt(0), text: '"/"' };
  program.call('compare', [path, first, slash, -Errno.ENOENT], { failure: escaped });
}

function setCapabilities(program: Program, sets: CapabilitySets, field: string): void {
  program.field(field);
  const low = (mask: bigint) => mask & 0xffffffffn;
  const high = (mask: bigint) => mask >> 32n;
  const { effective, permitted, inheritable, ambient } = sets;
  const header = new Memory('{version 3}', 8, [[0, capabilityVersion]]);
  const data = new Memory(
    `{effective=${hex(effective)}, permitted=${hex(permitted)}, inheritable=${hex(inheritable)}}`,
    24,
    [
      [0, low(effective) | (low(permitted) << 32n)],
      [8, low(inheritable) | (high(effective) << 32n)],
      [16, high(permitted) | (high(inheritable) << 32n)],
    ],
  );
  program.call('capset', [header, data], {
    failure: (errno) => `unable to apply caps: ${errnoText(errno)}`,
  });
  program.field('process.capabilities.ambient');
  for (const [number, name] of capabilityNames.entries()) {
    if (((ambient >> BigInt(number)) & 1n) === 0n) continue;
    // Refused for what is not inheritable too, which callers ask for without noticing.
    program.call('prctl', [Pr.PR_CAP_AMBIENT, Pr.PR_CAP_AMBIENT_RAISE, { value: number, text: name }, 0, 0], {
      tolerate: [Errno.EPERM, Errno.EINVAL],
    });
  }
}

/** All that this process has, while it works on. */
function everythingOf({ boundingSet }: Host): CapabilitySets {
  return { bounding: boundingSet, effective: boundingSet, permitted: boundingSet, inheritable: 0n, ambient: 0n };
}

function hex(mask: bigint): string {
  return `0x${mask.toString(16)}`;
}
