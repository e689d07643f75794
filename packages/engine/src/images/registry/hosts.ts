/** Which hosts serve a registry, by the engine's settings: mirrors of Docker Hub, and registries that may be insecure. */
import { isIPv4 } from 'node:net';
import {
  allCapabilities,
  apiHost,
  hostname,
  isLoopback,
  plainHost,
  type RegistryHost,
} from '@drydock/transfer/registry/host';

export interface RegistrySettings {
  /** Hosts and CIDR ranges whose registries may be insecure; loopback always is. */
  readonly insecure: readonly string[];
  /** URLs tried first for Docker Hub. */
  readonly mirrors: readonly string[];
}

/** The hosts of a reference's domain, in the order to ask them. One that may be insecure is asked over HTTP, too. */
export function hostsOf(domain: string, settings: RegistrySettings, purpose: 'pull' | 'push'): RegistryHost[] {
  const own = bothSchemes(apiHost(domain), settings);
  if (domain !== 'docker.io' || purpose === 'push') return own;
  return [...settings.mirrors.map((url) => mirror(url, settings)), ...own];
}

function bothSchemes(address: string, { insecure }: RegistrySettings): RegistryHost[] {
  if (!isInsecure(address, insecure)) return [plainHost('https', address)];
  return [plainHost('https', address, { skipVerify: true }), plainHost('http', address)];
}

function mirror(url: string, { insecure }: RegistrySettings): RegistryHost {
  const base = url.replace(/\/+$/, '');
  const transport = isInsecure(new URL(url).host, insecure) ? { skipVerify: true } : {};
  return { url: `${base}/v2`, capabilities: allCapabilities, headers: {}, transport };
}

function isInsecure(address: string, configured: readonly string[]): boolean {
  const name = hostname(address);
  return isLoopback(address) || configured.some((entry) => entry === address || entry === name || inRange(name, entry));
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
