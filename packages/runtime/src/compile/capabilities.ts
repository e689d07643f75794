/** Capabilities (capabilities(7)): which the kernel knows, and the sets of a process. */
import type { Capabilities } from '@drydock/oci/runtime-spec';

/** By number (linux/capability.h). */
export const capabilityNames: readonly string[] = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...['LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER'],
  ...['SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE'],
  ...['SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP'],
  ...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF'],
  'CHECKPOINT_RESTORE',
].map((name) => `CAP_${name}`);

/** The five sets as masks. */
export interface CapabilitySets {
  readonly bounding: bigint;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** The sets that a process gets of those it asks for: only what is in `available` can be given. */
export function capabilitySets(wanted: Capabilities, available: bigint): CapabilitySets {
  const mask = (names: readonly string[] = []) => maskOf(names) & available;
  return {
    bounding: mask(wanted.bounding),
    effective: mask(wanted.effective),
    permitted: mask(wanted.permitted),
    inheritable: mask(wanted.inheritable),
    ambient: mask(wanted.ambient),
  };
}

/** The names that are asked for and cannot be given: unknown, or not in this process's bounding set. Sorted. */
export function unavailableCapabilities(wanted: Capabilities, available: bigint): string[] {
  const names = new Set(Object.values(wanted).flatMap((set) => set ?? []));
  return [...names].filter((name) => (maskOf([name]) & available) === 0n).sort();
}

function maskOf(names: readonly string[]): bigint {
  return names.reduce((mask, name) => {
    const number = capabilityNames.indexOf(name);
    return number < 0 ? mask : mask | (1n << BigInt(number));
  }, 0n);
}
