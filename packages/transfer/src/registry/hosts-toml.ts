/**
 * Which hosts serve a registry, by containerd's directory of registries (containerd, docs/hosts.md):
 *
 *   <directory>/<registry>[_port_ | :port]/hosts.toml     mirrors in order, then the registry itself
 *   <directory>/_default/hosts.toml                       for every other one
 *
 * A registry's directory without a hosts.toml may hold certificates as Docker has them: *.crt, and *.cert with *.key.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { parseGoDuration } from '@drydock/oci/go-duration';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { RegistryError } from './error.ts';
import { allCapabilities, apiHost, type Capability, isLoopback, plainHost, type RegistryHost } from './host.ts';
import type { Transport } from './http.ts';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

const HostSettings = z.object({
  capabilities: z.array(z.enum(['pull', 'resolve', 'push'])).optional(),
  ca: texts.optional(),
  client: z.union([z.string(), z.array(z.union([z.string(), z.tuple([z.string(), z.string()])]))]).optional(),
  skip_verify: z.boolean().optional(),
  header: z.record(z.string(), texts).optional(),
  override_path: z.boolean().optional(),
  dial_timeout: z.string().optional(),
});
type HostSettings = z.infer<typeof HostSettings>;

const HostsFile = HostSettings.extend({
  server: z.string().optional(),
  host: z.record(z.string(), HostSettings).optional(),
});

export interface HostsOptions {
  /** The directory of registries; none if absent. */
  readonly directory?: string | undefined;
  /** The scheme where nothing says it; `http` for hosts of this machine, else `https`. */
  readonly scheme?: 'http' | 'https' | undefined;
  /** What holds for hosts that no file says anything about. */
  readonly transport?: Transport;
}

/** The hosts of a registry, such as `docker.io`, in the order to try them. Throws an error that names file and field. */
export function hostsOf(registry: string, options: HostsOptions = {}): RegistryHost[] {
  const place = options.directory === undefined ? undefined : findPlace(options.directory, registry);
  const file = place === undefined ? undefined : join(place, 'hosts.toml');
  if (file === undefined || !existsSync(file)) return [own(registry, options, certificatesIn(place))];
  const { server, host = {}, ...root } = readFile(file);
  const base = dirname(file);
  const mirrors = Object.entries(host).map(([url, settings]) => hostAt(url, settings, { base, registry, options }));
  const upstream =
    server === undefined && Object.keys(root).length === 0
      ? own(registry, options, {})
      : hostAt(server ?? apiHost(registry), root, { base, registry, options });
  return [...mirrors, upstream];
}

interface Surroundings {
  readonly base: string;
  readonly registry: string;
  readonly options: HostsOptions;
}

function own(registry: string, { scheme, transport = {} }: HostsOptions, more: Transport): RegistryHost {
  const host = apiHost(registry);
  return plainHost(scheme ?? schemeFor(host), host, { ...transport, ...more });
}

function schemeFor(host: string): 'http' | 'https' {
  return isLoopback(host) ? 'http' : 'https';
}

function hostAt(address: string, settings: HostSettings, { base, registry, options }: Surroundings): RegistryHost {
  const url = parseAddress(address, base, options);
  const path = url.pathname.replace(/\/+$/, '');
  const root = settings.override_path || path.endsWith('/v2') ? path : `${path}/v2`;
  const isMirror = url.host !== apiHost(registry);
  return {
    url: `${url.origin}${root}`,
    capabilities: (settings.capabilities as Capability[] | undefined) ?? allCapabilities,
    headers: Object.fromEntries(
      Object.entries(settings.header ?? {}).map(([name, values]) => [name, values.join(', ')]),
    ),
    transport: { ...options.transport, ...transportOf(settings, base) },
    ...(isMirror ? { mirrorOf: registry } : {}),
  };
}

function parseAddress(address: string, base: string, { scheme }: HostsOptions): URL {
  const text = address.includes('://') ? address : `${scheme ?? schemeFor(address)}://${address}`;
  try {
    return new URL(text);
  } catch (error) {
    throw invalid(join(base, 'hosts.toml'), `host "${address}": not a URL`, error);
  }
}

function transportOf(settings: HostSettings, base: string): Transport {
  const text = (path: string): string => readFileSync(isAbsolute(path) ? path : join(base, path), 'utf8');
  const { ca, client, skip_verify: skipVerify, dial_timeout: timeout } = settings;
  const pair = Array.isArray(client) ? client[0] : client;
  const [certificate, key] = typeof pair === 'string' ? [pair, pair] : (pair ?? []);
  return {
    ...(skipVerify === undefined ? {} : { skipVerify }),
    ...(ca === undefined ? {} : { ca: ca.map(text) }),
    ...(certificate === undefined
      ? {}
      : { certificate: text(certificate), key: text(key === '' || key === undefined ? certificate : key) }),
    ...(timeout === undefined ? {} : { dialTimeout: milliseconds(timeout, base) }),
  };
}

/** Go's durations, such as `1m30s`. */
function milliseconds(text: string, base: string): number {
  const duration = parseGoDuration(text);
  if (duration === undefined) throw invalid(join(base, 'hosts.toml'), `dial_timeout: invalid duration "${text}"`);
  return duration;
}

function readFile(file: string): z.infer<typeof HostsFile> {
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid(file, (error as Error).message, error);
  }
  const result = HostsFile.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(file, `${issue?.path.join('.')}: ${issue?.message}`);
}

function invalid(file: string, what: string, cause?: unknown): RegistryError {
  return new RegistryError('failed', `failed to load hosts file ${file}: ${what}`, { cause });
}

function findPlace(directory: string, registry: string): string | undefined {
  const names = [registry.replace(/:(\d+)$/, '_$1_'), registry, '_default'];
  return names.map((name) => join(directory, name)).find((path) => existsSync(path));
}

/** Certificates as Docker keeps them beside a registry's name. */
function certificatesIn(place: string | undefined): Transport {
  if (place === undefined) return {};
  const names = readdirSync(place).sort();
  const text = (name: string): string => readFileSync(join(place, name), 'utf8');
  const authorities = names.filter((name) => name.endsWith('.crt'));
  const certificate = names.find((name) => name.endsWith('.cert'));
  const key = certificate?.replace(/\.cert$/, '.key');
  return {
    ...(authorities.length === 0 ? {} : { ca: authorities.map(text) }),
    ...(certificate === undefined || key === undefined || !names.includes(key)
      ? {}
      : { certificate: text(certificate), key: text(key) }),
  };
}
