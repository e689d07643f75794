/** A seccomp profile in the shape of the runtime specification's `linux.seccomp`, and the numbers behind its words. */

export interface SeccompArgument {
  readonly index?: number;
  readonly value?: number;
  readonly valueTwo?: number;
  readonly op?: string;
}

export interface SeccompRule {
  readonly names?: readonly string[];
  readonly action?: string;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompProfile {
  readonly defaultAction?: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly SeccompRule[];
}

/** What a filter answers (seccomp(2)); the low 16 bits are the errno or the tracer's message. */
const actions: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

/** `enum scmp_compare` of libseccomp. */
const operators: Readonly<Record<string, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

/** The architectures that a profile may name, as libseccomp calls them. */
const architectures: Readonly<Record<string, string>> = {
  SCMP_ARCH_X86: 'x86',
  SCMP_ARCH_X86_64: 'x86_64',
  SCMP_ARCH_X32: 'x32',
  SCMP_ARCH_ARM: 'arm',
  SCMP_ARCH_AARCH64: 'aarch64',
  SCMP_ARCH_MIPS: 'mips',
  SCMP_ARCH_MIPS64: 'mips64',
  SCMP_ARCH_MIPS64N32: 'mips64n32',
  SCMP_ARCH_MIPSEL: 'mipsel',
  SCMP_ARCH_MIPSEL64: 'mipsel64',
  SCMP_ARCH_MIPSEL64N32: 'mipsel64n32',
  SCMP_ARCH_PPC: 'ppc',
  SCMP_ARCH_PPC64: 'ppc64',
  SCMP_ARCH_PPC64LE: 'ppc64le',
  SCMP_ARCH_RISCV64: 'riscv64',
  SCMP_ARCH_S390: 's390',
  SCMP_ARCH_S390X: 's390x',
};

/** The action that hands a call to whoever listens (seccomp_unotify(2)). */
export const notify = 'SCMP_ACT_NOTIFY';

/** Whether any call is handed to a listener. */
export function notifies({ defaultAction, syscalls = [] }: SeccompProfile): boolean {
  return defaultAction === notify || syscalls.some(({ action }) => action === notify);
}

/** SECCOMP_FILTER_FLAG_…; TSYNC has no meaning for a process of one thread. */
const flags: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
};

export const seccompWords = {
  actions: Object.keys(actions).sort(),
  operators: Object.keys(operators).sort(),
  architectures: Object.keys(architectures).sort(),
  flags: Object.keys(flags).sort(),
};

/** The number of an action; `errno` goes with ERRNO and TRACE, and is EPERM if absent. Throws on an unknown word. */
export function actionNumber(action: string | undefined, errno: number | undefined): number {
  const number = actions[action ?? ''];
  if (number === undefined) throw new Error(`string ${action ?? ''} is not a valid action for seccomp`);
  return action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? (number | (errno ?? 1)) >>> 0 : number;
}

export function operatorNumber(operator: string | undefined): number {
  const number = operators[operator ?? ''];
  if (number === undefined) throw new Error(`string ${operator ?? ''} is not a valid operator for seccomp`);
  return number;
}

export function architectureName(architecture: string): string {
  const name = architectures[architecture];
  if (name === undefined) throw new Error(`string ${architecture} is not a valid arch for seccomp`);
  return name;
}

/** SECCOMP_FILTER_FLAG_NEW_LISTENER: the kernel answers a descriptor to listen on. */
const newListener = 8;

/** The flags to load a profile's filter with. */
export function filterFlags(profile: SeccompProfile): number {
  return (profile.flags ?? []).reduce(
    (bits, flag) => {
      const bit = flags[flag];
      if (bit === undefined) throw new Error(`seccomp flag "${flag}" is not supported`);
      return bits | bit;
    },
    notifies(profile) ? newListener : 0,
  );
}

/** Refuses words that the specification does not know. */
export function checkProfile(profile: SeccompProfile): void {
  actionNumber(profile.defaultAction, profile.defaultErrnoRet);
  for (const architecture of profile.architectures ?? []) architectureName(architecture);
  filterFlags(profile);
  for (const { action, errnoRet, args } of profile.syscalls ?? []) {
    actionNumber(action, errnoRet);
    for (const { op } of args ?? []) operatorNumber(op);
  }
}
