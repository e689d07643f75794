/** `POST /auth`: asks a registry whether it knows the credentials. */
import type { Engine } from '../engine.ts';
import type { Credentials } from '../images/registry/credentials.ts';
import { openRepository } from '../images/registry/open.ts';

export async function login(engine: Engine, credentials: Credentials, signal: AbortSignal): Promise<object> {
  const host = credentials.serverAddress.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const domain = host === '' || host === 'index.docker.io' ? 'docker.io' : host;
  const registry = await openRepository(engine, { domain, path: '' }, { credentials, purpose: 'push', signal });
  await registry.ping();
  return { IdentityToken: '', Status: 'Login Succeeded' };
}
