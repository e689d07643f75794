/** Kernel parameters of a container's namespaces. */
import type { HostConfig } from '../../api/schemas/host-config.ts';
import { lender } from './namespaces.ts';

/** The container's own, its domain name, and with a network of its own those that let any user ping and bind any port. */
export function containerSysctls(
  { Sysctls, NetworkMode, Privileged, UTSMode }: HostConfig,
  domain: string,
): Record<string, string> {
  // Older runtimes know no field for the domain name.
  const own = { ...(domain === '' || UTSMode === 'host' ? {} : { 'kernel.domainname': domain }), ...Sysctls };
  if (NetworkMode === 'host' || lender(NetworkMode) !== undefined || Privileged) return own;
  return { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647', ...own };
}
