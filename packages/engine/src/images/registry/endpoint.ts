/** Where a registry is: its host, whether plain HTTP or an unknown certificate is acceptable, its mirrors. */
import { isIPv4 } from 'node:net';

export interface RegistrySettings {
  /** Hosts and CIDR ranges whose registries may be insecure; loopback always is. */
  readonly insecure: readonly string[];
  /** URLs tried first for Docker Hub. */
  readonly mirrors: readonly string[];
}

/** A registry to be asked. */
export interface Endpoint {
  /** Base URLs in the order to try, without a slash at the end. */
  readonly urls: readonly string[];
  readonly insecure: boolean;
}

const hubHost = 'registry-1.docker.io';

/** The endpoints for a reference's domain, in the order to ask them. */
export function endpointsOf(
  domain: string,
  { insecure, mirrors }: RegistrySettings,
  purpose: 'pull' | 'push',
): Endpoint[] {
  if (domain !== 'docker.io') return [endpoint(domain, insecure)];
  const hub: Endpoint = { urls: [`https://${hubHost}`], insecure: false };
  if (purpose === 'push') return [hub];
  return [
    ...mirrors.map((url) => ({ urls: [url.replace(/\/+$/, '')], insecure: isInsecure(new URL(url).host, insecure) })),
    hub,
  ];
}

function endpoint(host: string, insecureHosts: readonly string[]): Endpoint {
  const insecure = isInsecure(host, insecureHosts);
  return { urls: [`https://${host}`, ...(insecure ? [`http://${host}`] : [])], insecure };
}

function isInsecure(host: string, configured: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || name === '::1') return true;
  return ['127.0.0.0/8', ...configured].some((entry) => entry === host || entry === name || inRange(name, entry));
}

function inRange(address: string, range: string): boolean {
  const [base, bits] = range.split('/');
  if (bits === undefined || !isIPv4(address) || !isIPv4(base!)) return false;
  const mask = bits === '0' ? 0 : (-1 << (32 - Number(bits))) >>> 0;
  return (toNumber(address) & mask) >>> 0 === (toNumber(base!) & mask) >>> 0;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}
