/** `POST /auth`: asks a registry whether it knows the credentials. */
import type { Engine } from '../engine.ts';
import { RegistryClient } from '../images/registry/client.ts';
import type { Credentials } from '../images/registry/credentials.ts';
import { endpointsOf } from '../images/registry/endpoint.ts';

export async function login({ config }: Engine, credentials: Credentials, signal: AbortSignal): Promise<object> {
  const host = credentials.serverAddress.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const domain = host === '' || host === 'index.docker.io' ? 'docker.io' : host;
  const endpoint = endpointsOf(domain, config.registries, 'push')[0]!;
  await new RegistryClient({ endpoint, repository: '', credentials, purpose: 'pull', signal }).ping();
  return { IdentityToken: '', Status: 'Login Succeeded' };
}
