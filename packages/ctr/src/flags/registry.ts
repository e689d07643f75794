/** The flags of commands that talk to a registry, and the remote that they describe. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type Credentials, type FindCredentials, noCredentials } from '@drydock/transfer/registry/credentials';
import type { RegistryHost } from '@drydock/transfer/registry/host';
import { hostsOf } from '@drydock/transfer/registry/hosts-toml';
import type { Transport } from '@drydock/transfer/registry/http';
import { Remote } from '@drydock/transfer/registry/remote';
import { parseRemoteReference } from '@drydock/transfer/remote-reference';
import type { Argv } from 'yargs';

export interface RegistryFlags {
  readonly skipVerify: boolean;
  readonly plainHttp: boolean;
  readonly user: string;
  readonly refresh: string;
  readonly hostsDir: string;
  readonly tlscacert: string;
  readonly tlscert: string;
  readonly tlskey: string;
}

const text = (describe: string) => ({ type: 'string', default: '', describe }) as const;

/** Adds the flags. */
export function registryFlags<T>(argv: Argv<T>): Argv<T & RegistryFlags> {
  return argv
    .option('skip-verify', { alias: 'k', type: 'boolean', default: false, describe: 'take any certificate' })
    .option('plain-http', { type: 'boolean', default: false, describe: 'speak plain HTTP' })
    .option('user', { alias: 'u', ...text('user[:password] at the registry') })
    .option('refresh', text('refresh token for the authorization server'))
    .option('hosts-dir', text('directory of hosts.toml files'))
    .option('tlscacert', text("file with the registry's authority"))
    .option('tlscert', text("file with the client's certificate"))
    .option('tlskey', text("file with the client's key")) as unknown as Argv<T & RegistryFlags>;
}

/** The remote of an image's name. Throws in ctr's words if the name is none. */
export async function remoteOf(name: string, flags: RegistryFlags, purpose: 'pull' | 'push'): Promise<Remote> {
  const reference = parseRemoteReference(name);
  return new Remote({
    reference,
    hosts: hosts(reference.domain, flags),
    credentials: await credentialsOf(flags),
    purpose,
  });
}

function hosts(domain: string, flags: RegistryFlags): RegistryHost[] {
  return hostsOf(domain, {
    directory: flags.hostsDir || undefined,
    scheme: flags.plainHttp ? 'http' : undefined,
    transport: transportOf(flags),
  });
}

function transportOf({ skipVerify, tlscacert, tlscert, tlskey }: RegistryFlags): Transport {
  const file = (path: string): string => readFileSync(path, 'utf8');
  return {
    ...(skipVerify ? { skipVerify } : {}),
    ...(tlscacert === '' ? {} : { ca: [file(tlscacert)] }),
    ...(tlscert === '' ? {} : { certificate: file(tlscert), key: file(tlskey || tlscert) }),
  };
}

/** Credentials by the flags; a password that is missing is asked for. */
export async function credentialsOf({ user, refresh }: RegistryFlags): Promise<FindCredentials> {
  if (refresh !== '') return always({ ...noCredentials, identityToken: refresh });
  if (user === '') return always(noCredentials);
  const at = user.indexOf(':');
  if (at !== -1) return always({ ...noCredentials, username: user.slice(0, at), password: user.slice(at + 1) });
  return always({ ...noCredentials, username: user, password: await askPassword() });
}

const always =
  (credentials: Credentials): FindCredentials =>
  () =>
    credentials;

async function askPassword(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    process.stderr.write('Password: ');
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    return await terminal.question('');
  } finally {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    terminal.close();
  }
}
