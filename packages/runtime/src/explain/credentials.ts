/** Who a container's first process is and what it may do, as the kernel has it (credentials(7), capabilities(7)). */
import { readText, readTextIfPresent } from '@drydock/linux/disk';
import { SyscallError } from '@drydock/linux/syscall';
import type { Process } from '@drydock/oci/runtime-spec';
import { capabilityNames } from '../compile/capabilities.ts';
import { compare, type Difference } from './difference.ts';
import { idsInside } from './ids.ts';
import { readStatus } from './status.ts';

const sets = {
  bounding: 'CapBnd',
  effective: 'CapEff',
  permitted: 'CapPrm',
  inheritable: 'CapInh',
  ambient: 'CapAmb',
} as const;

export interface CredentialFacts {
  /** Real, effective, saved and filesystem id, as the container has them. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** The effective ones as the caller sees them. */
  readonly host: { readonly uid: number; readonly gid: number };
  readonly umask: string;
  readonly capabilities: Readonly<Record<keyof typeof sets, readonly string[]>>;
  readonly noNewPrivileges: boolean;
  readonly seccomp: { readonly mode: 'none' | 'strict' | 'filter'; readonly filters: number };
  /** AppArmor's or SELinux' label; empty if there is none. */
  readonly label: string;
  readonly oomScoreAdj: number;
  /** Soft and hard limits by the specification's names; Infinity is no limit. */
  readonly rlimits: Readonly<Record<string, readonly [soft: number, hard: number]>>;
}

export function credentialFacts(pid: number): CredentialFacts {
  const status = readStatus(pid);
  const numbers = (name: string) => (status[name] ?? '').split(' ').filter(Boolean).map(Number);
  const [uid, gid] = [idsInside(pid, 'uid_map'), idsInside(pid, 'gid_map')];
  const modes = ['none', 'strict', 'filter'] as const;
  return {
    uids: numbers('Uid').map(uid),
    gids: numbers('Gid').map(gid),
    groups: numbers('Groups').map(gid),
    host: { uid: numbers('Uid')[1] ?? 0, gid: numbers('Gid')[1] ?? 0 },
    umask: status.Umask ?? '',
    capabilities: Object.fromEntries(
      Object.entries(sets).map(([name, field]) => [name, decode(BigInt(`0x${status[field] ?? '0'}`))]),
    ) as CredentialFacts['capabilities'],
    noNewPrivileges: status.NoNewPrivs === '1',
    seccomp: { mode: modes[Number(status.Seccomp ?? 0)] ?? 'none', filters: Number(status.Seccomp_filters ?? 0) },
    label: securityLabel(pid),
    oomScoreAdj: Number(readText(`/proc/${pid}/oom_score_adj`)),
    rlimits: parseLimits(readText(`/proc/${pid}/limits`)),
  };
}

function decode(mask: bigint): readonly string[] {
  const names: string[] = [];
  for (let number = 0; mask >> BigInt(number) !== 0n; number++)
    if ((mask >> BigInt(number)) & 1n) names.push(capabilityNames[number] ?? `CAP_${number}`);
  return names;
}

function securityLabel(pid: number): string {
  try {
    return readTextIfPresent(`/proc/${pid}/attr/current`)?.replace(/\0/g, '').trim() ?? '';
  } catch (error) {
    // A kernel with neither of them.
    if (error instanceof SyscallError) return '';
    throw error;
  }
}

/** The kernel's words for limits, with the specification's. */
const limitNames: Readonly<Record<string, string>> = {
  'Max cpu time': 'CPU',
  'Max file size': 'FSIZE',
  'Max data size': 'DATA',
  'Max stack size': 'STACK',
  'Max core file size': 'CORE',
  'Max resident set': 'RSS',
  'Max processes': 'NPROC',
  'Max open files': 'NOFILE',
  'Max locked memory': 'MEMLOCK',
  'Max address space': 'AS',
  'Max file locks': 'LOCKS',
  'Max pending signals': 'SIGPENDING',
  'Max msgqueue size': 'MSGQUEUE',
  'Max nice priority': 'NICE',
  'Max realtime priority': 'RTPRIO',
  'Max realtime timeout': 'RTTIME',
};

function parseLimits(text: string): CredentialFacts['rlimits'] {
  const value = (word = '') => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word));
  return Object.fromEntries(
    text
      .split('\n')
      .slice(1)
      .filter(Boolean)
      .map((line) => {
        const [name = '', soft, hard] = line.split(/ {2,}/);
        return [`RLIMIT_${limitNames[name] ?? name}`, [value(soft), value(hard)] as const];
      }),
  );
}

/** Against the configuration. `started`: whether the command runs; its filter is loaded last. */
export function credentialDifferences(
  facts: CredentialFacts,
  process: Process,
  { started, hasFilter }: { readonly started: boolean; readonly hasFilter: boolean },
): readonly Difference[] {
  const { user = {}, capabilities = {}, rlimits = [] } = process;
  const list = (names: readonly (string | number)[]) => [...new Set(names)].sort().join(' ') || 'none';
  const known = (names: readonly string[] = []) => names.filter((name) => capabilityNames.includes(name));
  const groups = user.additionalGids ?? [];
  return [
    ...compare('process.user.uid', String(user.uid ?? 0), String(facts.uids[1])),
    ...compare('process.user.gid', String(user.gid ?? 0), String(facts.gids[1])),
    ...compare('process.user.additionalGids', list(groups), list(facts.groups)),
    ...Object.keys(sets).flatMap((name) => {
      const set = name as keyof typeof sets;
      if (!process.capabilities) return [];
      return compare(`process.capabilities.${set}`, list(known(capabilities[set])), list(facts.capabilities[set]));
    }),
    ...compare('process.noNewPrivileges', String(process.noNewPrivileges ?? false), String(facts.noNewPrivileges)),
    ...(started
      ? compare('linux.seccomp', hasFilter ? 'a filter' : 'none', facts.seccomp.mode === 'none' ? 'none' : 'a filter')
      : []),
    ...(process.oomScoreAdj === undefined
      ? []
      : compare('process.oomScoreAdj', String(process.oomScoreAdj), String(facts.oomScoreAdj))),
    ...rlimits.flatMap(({ type = '', soft = 0, hard = 0 }) => {
      const [ownSoft, ownHard] = facts.rlimits[type] ?? [0, 0];
      return compare(`process.rlimits ${type}`, limitText(soft, hard), limitText(ownSoft, ownHard));
    }),
  ];
}

export function limitText(soft: number, hard: number): string {
  // The highest number of 64 bits is the kernel's "unlimited".
  const text = (value: number) => (value >= 2 ** 63 ? 'unlimited' : String(value));
  return `${text(soft)}:${text(hard)}`;
}
