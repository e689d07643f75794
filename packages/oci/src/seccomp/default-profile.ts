/** Docker's default seccomp profile: what is allowed besides the plain list depends on the capabilities and the machine. */
import type { Seccomp } from '../runtime-spec.ts';
import { alwaysAllowed } from './always-allowed.ts';

type SeccompRule = NonNullable<Seccomp['syscalls']>[number];

/** The machine as seccomp and Go name it. */
export type Architecture = 'amd64' | 'arm64';

const architectures: Readonly<Record<Architecture, readonly string[]>> = {
  amd64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/** Calls that only one kind of machine has. */
const byArchitecture: Readonly<Record<Architecture, string>> = {
  amd64: 'arch_prctl modify_ldt',
  arm64: 'arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2',
};

/** Calls that a capability opens. */
const byCapability: Readonly<Record<string, string>> = {
  CAP_BPF: 'bpf',
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_PERFMON: 'perf_event_open',
  CAP_SYS_ADMIN:
    'bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare',
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'delete_module finit_module init_module',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace',
  CAP_SYS_RAWIO: 'ioperm iopl',
  CAP_SYS_TIME: 'clock_settime clock_settime64 settimeofday stime',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYSLOG: 'syslog',
};

/** Safe since Linux 4.8, where seccomp is asked after ptrace. */
const tracing = ['process_vm_readv', 'process_vm_writev', 'ptrace'];

/** PER_LINUX and PER_LINUX32, each with and without UNAME26, and the question for the present one. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** CLONE_NEW* without CLONE_NEWTIME: the flags of clone(2) that make namespaces. */
const namespaceFlags = 0x7e020000;
const afVsock = 40;
const enosys = 38;

/** The profile for a container with these capabilities. */
export function defaultProfile(capabilities: readonly string[], architecture: Architecture): Seccomp {
  const opened = capabilities.flatMap((capability) => byCapability[capability]?.split(' ') ?? []);
  const admin = capabilities.includes('CAP_SYS_ADMIN');
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: architectures[architecture],
    syscalls: [
      allow([...alwaysAllowed, ...tracing, ...byArchitecture[architecture].split(' '), ...opened]),
      allow(['socket'], { value: afVsock, op: 'SCMP_CMP_NE' }),
      ...personalities.map((value) => allow(['personality'], { value, op: 'SCMP_CMP_EQ' })),
      ...(admin ? [] : withoutNamespaces()),
    ],
  };
}

/** New namespaces are refused; clone3 hides its flags in memory, so libc is sent back to clone. */
function withoutNamespaces(): SeccompRule[] {
  return [
    allow(['clone'], { value: namespaceFlags, op: 'SCMP_CMP_MASKED_EQ' }),
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: enosys },
  ];
}

function allow(names: readonly string[], first?: { readonly value: number; readonly op: string }): SeccompRule {
  const rule: SeccompRule = { names: [...new Set(names)], action: 'SCMP_ACT_ALLOW' };
  return first === undefined ? rule : { ...rule, args: [{ index: 0, ...first }] };
}
