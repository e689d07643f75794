/** Credentials of registries: docker's config.json, and the header that carries them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseReference } from '@drydock/oci/reference';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

interface ConfigFile {
  auths?: Record<string, { auth?: string }>;
}

/** Docker Hub's key in config.json. */
const hub = 'https://index.docker.io/v1/';

/** The value of X-Registry-Auth for an image's registry: `e30=` (an empty object) if there are no credentials. */
export function registryAuth(image: string): string {
  const { domain } = parseReference(image);
  const key = domain === 'docker.io' ? hub : domain;
  const auth = readConfig().auths?.[key]?.auth;
  if (auth === undefined) return Buffer.from('{}').toString('base64url');
  const [username, ...rest] = Buffer.from(auth, 'base64').toString().split(':');
  return Buffer.from(JSON.stringify({ username, password: rest.join(':'), serveraddress: key })).toString('base64url');
}

/** Keeps credentials that a registry has accepted. */
export function saveCredentials({ username, password, serveraddress }: Credentials): void {
  const config = readConfig();
  config.auths = {
    ...config.auths,
    [serveraddress || hub]: { auth: Buffer.from(`${username}:${password}`).toString('base64') },
  };
  writeConfig(config);
}

/** Forgets a registry's credentials. */
export function removeCredentials(server: string): void {
  const config = readConfig();
  delete config.auths?.[server || hub];
  writeConfig(config);
}

function configPath(): string {
  return join(process.env.DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json');
}

function readConfig(): ConfigFile {
  const path = configPath();
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`loading config file: ${path}: ${(error as Error).message}`);
  }
}

function writeConfig(config: ConfigFile): void {
  const path = configPath();
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(config, undefined, '\t')}\n`, { mode: 0o600 });
}
