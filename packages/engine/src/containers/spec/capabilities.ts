/** Which capabilities a container gets: Docker's default set, changed by --cap-add, --cap-drop and --privileged. */
import { badParameter } from '../../errors.ts';

/** Those of capabilities(7), by number. */
const known = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO',
  'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME',
  'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG',
  'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
].map((name) => `CAP_${name}`); // biome-ignore format: a table

/** What every container gets. */
export const defaultCapabilities = [
  'CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FSETID', 'CAP_FOWNER', 'CAP_MKNOD', 'CAP_NET_RAW', 'CAP_SETGID', 'CAP_SETUID',
  'CAP_SETFCAP', 'CAP_SETPCAP', 'CAP_NET_BIND_SERVICE', 'CAP_SYS_CHROOT', 'CAP_KILL', 'CAP_AUDIT_WRITE',
]; // biome-ignore format: a table

const all = 'ALL';

/** Checks and completes names: `net_admin` is `CAP_NET_ADMIN`. `option` is the field, for the message. */
export function normalizeCapabilities(names: readonly string[], option: string): string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === all) return all;
    const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!known.includes(full)) throw badParameter(`invalid ${option}: unknown capability: "${full}"`);
    return full;
  });
}

/** The capabilities of a container. `available` are those that the engine has itself: no more can be given. */
export function containerCapabilities(
  { add, drop, privileged }: { add: readonly string[] | null; drop: readonly string[] | null; privileged: boolean },
  available: readonly string[],
): readonly string[] {
  if (privileged) return available;
  const added = normalizeCapabilities(add ?? [], 'CapAdd');
  const dropped = normalizeCapabilities(drop ?? [], 'CapDrop');
  const base = added.includes(all) ? available : dropped.includes(all) ? [] : defaultCapabilities;
  const kept = base.filter((name) => !dropped.includes(name));
  return [...kept, ...added.filter((name) => name !== all && !kept.includes(name))];
}

/** The capabilities in a bit mask, as /proc/PID/status shows them. */
export function capabilitiesIn(mask: bigint): string[] {
  return known.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}
