/** A repository at the first of a registry's hosts that answers, as dockerd finds it: by asking for the API's root. */
import type { Reference } from '@drydock/oci/reference';
import { RegistryError } from '@drydock/transfer/registry/error';
import { send } from '@drydock/transfer/registry/http';
import { Repository } from '@drydock/transfer/registry/repository';
import type { Engine } from '../../engine.ts';
import type { Credentials } from './credentials.ts';
import { hostsOf } from './hosts.ts';

export interface OpenOptions {
  readonly credentials: Credentials;
  readonly purpose: 'pull' | 'push';
  readonly signal?: AbortSignal | undefined;
}

/** Opens a reference's repository; with an empty path the registry itself. Throws the last host's error if none answers. */
export async function openRepository(
  { config, logger }: Engine,
  { domain, path }: Pick<Reference, 'domain' | 'path'>,
  { credentials, purpose, signal }: OpenOptions,
): Promise<Repository> {
  let failure: unknown;
  for (const host of hostsOf(domain, config.registries, purpose)) {
    try {
      const response = await send(`${host.url}/`, host.transport, { method: 'GET', signal });
      await response.body.dump();
      if (response.statusCode < 500)
        return new Repository({ host, path, purpose, credentials: () => credentials, signal });
      failure = new RegistryError('failed', `Get "${host.url}/": status ${response.statusCode}`);
    } catch (error) {
      if (signal?.aborted) throw error;
      failure = error;
    }
    logger.warn({ url: host.url, error: String(failure) }, 'registry host passed over');
  }
  throw failure;
}
