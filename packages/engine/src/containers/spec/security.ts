/** `--security-opt`: seccomp profile, privileges, and what this engine has no use for. */
import { readFileSync } from 'node:fs';
import { hostPlatform } from '@drydock/oci/platform';
import type { Seccomp } from '@drydock/oci/runtime-spec';
import { type Architecture, defaultProfile } from '@drydock/oci/seccomp/default-profile';
import type { HostConfig } from '../../api/schemas/host-config.ts';
import { badParameter } from '../../errors.ts';
import type { HostFacts } from '../../host.ts';
import { resolveProfile } from './seccomp/profile-file.ts';

export interface SecurityOptions {
  /** `default`, `unconfined`, or a profile's JSON. */
  readonly seccomp: string;
  readonly noNewPrivileges: boolean;
}

/** Reads the options. Throws for one that is not known. */
export function securityOptions({ SecurityOpt, Privileged }: HostConfig): SecurityOptions {
  let seccomp = Privileged ? 'unconfined' : 'default';
  let noNewPrivileges = false;
  for (const option of SecurityOpt ?? []) {
    const [, key = option, value] = /^([^=:]+)[=:](.*)$/s.exec(option) ?? [];
    if (key === 'no-new-privileges') noNewPrivileges = value === undefined || parseBoolean(value, option);
    else if (key === 'seccomp' && value !== undefined) seccomp = value === 'builtin' ? 'default' : value;
    else if (key === 'apparmor' && (value === 'unconfined' || value === '')) continue;
    else if (key === 'label' && value === 'disable') continue;
    else if (key === 'apparmor' || key === 'label')
      throw badParameter(
        `invalid --security-opt ${JSON.stringify(option)}: this engine does not support ${key === 'label' ? 'SELinux labels' : 'AppArmor profiles'}`,
      );
    else throw badParameter(`invalid --security-opt 2: ${JSON.stringify(option)}`);
  }
  return { seccomp, noNewPrivileges };
}

/** The filter for a container; none where it is unconfined or the kernel has no seccomp. */
export function containerSeccomp(
  { seccomp }: SecurityOptions,
  capabilities: readonly string[],
  host: HostFacts,
): Seccomp | undefined {
  if (seccomp === 'unconfined' || !host.seccomp) return undefined;
  const architecture = hostPlatform.architecture;
  if (seccomp === 'default') return defaultProfile(capabilities, architecture as Architecture);
  return resolveProfile(seccomp, { capabilities, architecture, kernel: host.kernel });
}

/** The engine's own capabilities: the most that a container can get. */
export function ownCapabilityMask(): bigint {
  const match = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return BigInt(`0x${match?.[1] ?? '0'}`);
}

function parseBoolean(value: string, option: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw badParameter(`invalid --security-opt 2: ${JSON.stringify(option)}`);
}
