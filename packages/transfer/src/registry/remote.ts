/** An image's repository behind a registry's hosts: each request goes to the first that is trusted with it and has what is asked for. */
import type { Descriptor } from '@drydock/oci/image-spec';
import type { Reference } from '@drydock/oci/reference';
import { repositoryOf } from '@drydock/oci/reference';
import type { FindCredentials } from './credentials.ts';
import { RegistryError } from './error.ts';
import type { Capability, RegistryHost } from './host.ts';
import { type FetchedManifest, Repository } from './repository.ts';

export interface RemoteOptions {
  readonly hosts: readonly RegistryHost[];
  readonly reference: Reference;
  readonly credentials: FindCredentials;
  readonly purpose: 'pull' | 'push';
  readonly signal?: AbortSignal | undefined;
}

export class Remote {
  readonly reference: Reference;
  readonly #repositories: readonly Repository[];

  constructor({ hosts, reference, credentials, purpose, signal }: RemoteOptions) {
    this.reference = reference;
    this.#repositories = hosts.map(
      (host) => new Repository({ host, path: reference.path, purpose, credentials, signal }),
    );
  }

  /** What the reference stands for. Throws `not found` if no host knows. */
  async resolve(): Promise<Descriptor> {
    const { digest, tag = 'latest' } = this.reference;
    const wanted = digest ?? tag;
    // What is named by its digest can be checked: any host may say it.
    const found = await this.#first(digest === undefined ? 'resolve' : 'pull', (repository) =>
      repository.resolve(wanted),
    );
    if (found === undefined) throw this.#missing(wanted);
    return found;
  }

  /** A manifest or index. Throws `not found`. */
  async manifest(digest: string): Promise<FetchedManifest> {
    const found = await this.#first('pull', (repository) => repository.manifest(digest));
    if (found === undefined) throw this.#missing(digest);
    return found;
  }

  /** A blob's bytes from an offset on. A host that lacks it, or fails before the first byte, is passed over. */
  async *blob(descriptor: Pick<Descriptor, 'digest' | 'size'>, start = 0): AsyncGenerator<Uint8Array> {
    const repositories = this.#trusted('pull');
    for (const [index, repository] of repositories.entries()) {
      let begun = false;
      try {
        for await (const chunk of repository.blob(descriptor, start)) {
          begun = true;
          yield chunk;
        }
        return;
      } catch (error) {
        if (begun || index === repositories.length - 1 || isCancelled(error)) throw error;
      }
    }
  }

  /** How large a blob is, in bytes. Throws `not found`. */
  async blobSize(digest: string): Promise<number> {
    const size = await this.#first('pull', (repository) => repository.blobSize(digest));
    if (size === undefined) throw this.#missing(digest);
    return size;
  }

  /** Where to push to. Throws if there is no such host. */
  get target(): Repository {
    return this.#trusted('push')[0] as Repository;
  }

  #trusted(capability: Capability): Repository[] {
    const trusted = this.#repositories.filter(({ host }) => host.capabilities.includes(capability));
    if (trusted.length === 0) throw new RegistryError('not found', `no ${capability} hosts: not found`);
    return trusted;
  }

  /** The first answer that is one. The last host's error stands if none has any. */
  async #first<T>(
    capability: Capability,
    ask: (repository: Repository) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    let failure: unknown;
    for (const repository of this.#trusted(capability)) {
      try {
        const answer = await ask(repository);
        if (answer !== undefined) return answer;
      } catch (error) {
        if (isCancelled(error)) throw error;
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  }

  #missing(wanted: string): RegistryError {
    const separator = wanted.includes(':') ? '@' : ':';
    return new RegistryError('not found', `${repositoryOf(this.reference)}${separator}${wanted}: not found`, {
      status: 404,
    });
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof RegistryError && error.kind === 'cancelled';
}
