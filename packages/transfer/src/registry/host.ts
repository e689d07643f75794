/** A host that serves a registry's repositories: the registry itself, or a mirror of it. */
import { isIPv4 } from 'node:net';
import type { Transport } from './http.ts';

/** What a host is trusted with: to say what a tag stands for, to give what a digest names, to take. */
export type Capability = 'resolve' | 'pull' | 'push';

export interface RegistryHost {
  /** The root of its API, such as `https://127.0.0.1:5000/v2`. */
  readonly url: string;
  readonly capabilities: readonly Capability[];
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
  /** The registry that it stands in for; told to it as the query parameter `ns`. */
  readonly mirrorOf?: string;
}

export const allCapabilities: readonly Capability[] = ['resolve', 'pull', 'push'];

/** The host that serves a domain; Docker Hub's is not of its name. */
export function apiHost(domain: string): string {
  return domain === 'docker.io' ? 'registry-1.docker.io' : domain;
}

/** A host of a scheme and an address, with everything as usual. */
export function plainHost(scheme: 'http' | 'https', address: string, transport: Transport = {}): RegistryHost {
  return { url: `${scheme}://${address}/v2`, capabilities: allCapabilities, headers: {}, transport };
}

/** Whether an address, with or without a port, is of this machine. */
export function isLoopback(address: string): boolean {
  const name = hostname(address);
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/** An address without its port and brackets. */
export function hostname(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
