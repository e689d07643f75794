/**
 * One repository at one host: the requests of the distribution protocol (OCI distribution-spec 1.1), authenticated as the
 * host demands.
 *
 *   request ──▶ 401 with a challenge ──▶ token ──▶ the request once more
 *           ──▶ 429, 5xx, broken connection ──▶ after a while once more
 *   blob    ──▶ cut off in the middle ──▶ `Range: bytes=<what is there>-` ──▶ the rest
 */
import { digestOf } from '@drydock/oci/digest';
import type { Descriptor } from '@drydock/oci/image-spec';
import { MediaType } from '@drydock/oci/media-types';
import type { Dispatcher } from 'undici';
import { authorize } from './authorizer.ts';
import type { FindCredentials } from './credentials.ts';
import { errorOfAnswer, RegistryError, statusText } from './error.ts';
import type { RegistryHost } from './host.ts';
import { type HttpRequest, type HttpResponse, send } from './http.ts';
import { backoff, pause, usualRetries, withRetries } from './retry.ts';

type Body = Dispatcher.DispatchOptions['body'];

export interface RepositoryOptions {
  readonly host: RegistryHost;
  /** Its path in the registry, such as `library/busybox`. Empty: the registry itself. */
  readonly path: string;
  readonly purpose: 'pull' | 'push';
  readonly credentials: FindCredentials;
  readonly signal?: AbortSignal | undefined;
}

/** A request whose body can be made again, for another attempt. */
export interface RepositoryRequest extends Omit<HttpRequest, 'body' | 'signal'> {
  readonly body?: string | Buffer | (() => AsyncIterable<Uint8Array>);
  /** False for what must not be sent twice. */
  readonly retry?: boolean;
  readonly query?: Readonly<Record<string, string>>;
}

export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** What manifests may be. */
const manifestTypes = [
  MediaType.dockerManifest,
  MediaType.dockerManifestList,
  MediaType.ociManifest,
  MediaType.ociIndex,
  '*/*',
].join(', ');

/** Bytes that an attempt must bring to count as one that got on. */
const worthwhile = 64 * 1024;

/** Bytes that a manifest may have: what registries take (distribution-spec, "Pushing Manifests"). */
const manifestLimit = 4 * 1024 * 1024;

export class Repository {
  readonly host: RegistryHost;
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly #options: RepositoryOptions;
  readonly #scopes: string[];
  #authorization: string | undefined;
  #authorizing: Promise<void> | undefined;

  constructor(options: RepositoryOptions) {
    this.#options = options;
    this.host = options.host;
    this.path = options.path;
    this.signal = options.signal;
    const actions = options.purpose === 'push' ? 'pull,push' : 'pull';
    this.#scopes = options.path === '' ? [] : [`repository:${options.path}:${actions}`];
  }

  /** Asks the root of the API, with credentials if it wants them. Throws unless the answer is 200. */
  async ping(): Promise<void> {
    const url = `${this.host.url}/`;
    const response = await this.request(url, { method: 'GET' });
    await response.body.dump();
    if (response.statusCode !== 200)
      throw new RegistryError(
        response.statusCode === 401 ? 'unauthorized' : 'failed',
        `login attempt to ${url} failed with status: ${response.statusCode} ${statusText(response.statusCode)}`,
        { status: response.statusCode },
      );
  }

  /** What a tag or digest stands for; undefined if there is nothing. */
  async resolve(reference: string): Promise<Descriptor | undefined> {
    const response = await this.request(`manifests/${reference}`, {
      method: 'HEAD',
      headers: { accept: manifestTypes },
    });
    await response.body.dump();
    if (response.statusCode === 404) return undefined;
    if (response.statusCode !== 200) throw errorOfAnswer(response.statusCode, '');
    const digest = response.headers['docker-content-digest'];
    const mediaType = headerText(response.headers['content-type']);
    const size = Number(response.headers['content-length']);
    if (typeof digest === 'string' && mediaType !== '' && size > 0) return { digest, mediaType, size };
    const fetched = await this.manifest(reference);
    if (fetched === undefined) return undefined;
    return { digest: digestOf(fetched.bytes), mediaType: fetched.mediaType, size: fetched.bytes.length };
  }

  /** A manifest by tag or digest; undefined if there is none. */
  async manifest(reference: string): Promise<FetchedManifest | undefined> {
    const response = await this.request(`manifests/${reference}`, {
      method: 'GET',
      headers: { accept: manifestTypes },
    });
    if (response.statusCode === 404) {
      await response.body.dump();
      return undefined;
    }
    await expectStatus(response, [200]);
    const bytes = await readAll(response.body, manifestLimit);
    return { bytes, mediaType: mediaTypeOf(bytes, response.headers['content-type']) };
  }

  /** All tags, page after page. */
  async tags(): Promise<string[]> {
    const found: string[] = [];
    for (let next: string | undefined = 'tags/list'; next !== undefined; ) {
      const response: HttpResponse = await this.request(next, { method: 'GET' });
      await expectStatus(response, [200]);
      const { tags } = (await response.body.json()) as { tags?: string[] | null };
      found.push(...(tags ?? []));
      const [, link] = /<([^>]+)>;\s*rel="?next"?/.exec(headerText(response.headers.link)) ?? [];
      next = link === undefined ? undefined : new URL(link, this.host.url).href;
    }
    return found;
  }

  /**
   * A blob's bytes from an offset on, as they arrive. A connection that breaks is taken up where it ended, as long as the
   * attempts get on.
   */
  async *blob({ digest, size }: Pick<Descriptor, 'digest' | 'size'>, start = 0): AsyncGenerator<Uint8Array> {
    let offset = start;
    for (let failures = 0; offset < size || size === 0; ) {
      const before = offset;
      try {
        for await (const chunk of await this.#blobFrom(digest, offset)) {
          offset += chunk.length;
          if (offset > size) throw tooLong(digest, size);
          yield chunk;
        }
        if (offset === size) return;
        throw new RegistryError('unreachable', `blob ${digest}: unexpected EOF at byte ${offset} of ${size}`);
      } catch (error) {
        failures = offset - before >= worthwhile ? 1 : failures + 1;
        if (this.signal?.aborted || (error instanceof RegistryError && error.kind !== 'unreachable')) throw error;
        if (failures >= usualRetries.attempts) throw cutOff(digest, offset, size, error);
        await pause(backoff(failures), this.signal);
      }
    }
  }

  /** How large a blob is, in bytes; undefined if the repository lacks it. */
  async blobSize(digest: string): Promise<number | undefined> {
    const response = await this.request(`blobs/${digest}`, { method: 'HEAD' });
    await response.body.dump();
    if (![200, 404].includes(response.statusCode)) throw errorOfAnswer(response.statusCode, '');
    return response.statusCode === 404 ? undefined : Number(headerText(response.headers['content-length']));
  }

  /** Sends a request to a path below the repository, or to a whole URL of the host. */
  async request(path: string, request: RepositoryRequest): Promise<HttpResponse> {
    const url = this.#url(path, request.query ?? {});
    const attempt = () => send(url, this.host.transport, this.#prepare(request, url));
    const tried = () => (request.retry === false ? attempt() : withRetries(attempt, this.signal));
    const used = this.#authorization;
    const response = await tried();
    const challenge = headerText(response.headers['www-authenticate']);
    if (response.statusCode !== 401 || challenge === '') return response;
    const body = await response.body.text();
    // Others may have asked meanwhile.
    if (this.#authorization === used) await this.#authorizeOnce(challenge);
    // The same answer to the same question: it would be refused again.
    if (this.#authorization === used) throw errorOfAnswer(401, body);
    return tried();
  }

  /** Asks for tokens that are good for pulling from another repository of the registry, too. */
  alsoPullFrom(repository: string): void {
    const scope = `repository:${repository}:pull`;
    if (this.#scopes.includes(scope)) return;
    this.#scopes.push(scope);
    if (this.#authorization?.startsWith('Bearer')) this.#authorization = undefined;
  }

  async #blobFrom(digest: string, offset: number): Promise<AsyncIterable<Uint8Array>> {
    const range: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
    const response = await this.request(`blobs/${digest}`, { method: 'GET', headers: range });
    await expectStatus(response, [200, 206]);
    if (offset === 0 || response.statusCode === 206) return response.body;
    return skip(response.body, offset);
  }

  #url(path: string, query: Readonly<Record<string, string>>): string {
    const { url, mirrorOf } = this.host;
    const target = new URL(/^https?:\/\//.test(path) ? path : `${url}/${this.path}/${path}`);
    for (const [key, value] of Object.entries(query)) target.searchParams.set(key, value);
    if (mirrorOf !== undefined) target.searchParams.set('ns', mirrorOf);
    return target.href;
  }

  #prepare({ method, headers, body }: RepositoryRequest, url: string): HttpRequest {
    // The credentials are for the registry's own host: an upload may lead to another.
    const own = new URL(url).host === new URL(this.host.url).host;
    const authorization: Record<string, string> =
      own && this.#authorization !== undefined ? { authorization: this.#authorization } : {};
    return {
      method,
      headers: { ...this.host.headers, ...headers, ...authorization },
      signal: this.signal,
      ...(body === undefined ? {} : { body: (typeof body === 'function' ? body() : body) as Body }),
    };
  }

  /** Requests that are refused at the same time share one authorization. */
  #authorizeOnce(challenge: string): Promise<void> {
    this.#authorizing ??= this.#authorize(challenge).finally(() => {
      this.#authorizing = undefined;
    });
    return this.#authorizing;
  }

  async #authorize(challenge: string): Promise<void> {
    const { path, credentials } = this.#options;
    const { host, transport } = { host: new URL(this.host.url).host, transport: this.host.transport };
    const found = await credentials({ host, reference: `${this.host.mirrorOf ?? host}/${path}`, challenge });
    this.#authorization = await authorize(challenge, {
      credentials: found,
      scopes: this.#scopes,
      transport,
      signal: this.signal,
    });
  }
}

/** Throws the registry's error unless the status is one of those expected. */
export async function expectStatus(response: HttpResponse, expected: readonly number[]): Promise<void> {
  if (expected.includes(response.statusCode)) return;
  throw errorOfAnswer(response.statusCode, await response.body.text());
}

async function readAll(body: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > limit) throw new RegistryError('failed', `the registry's manifest is larger than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function* skip(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of source) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

function tooLong(digest: string, size: number): RegistryError {
  return new RegistryError('failed', `blob ${digest}: the registry sends more than its ${size} bytes`);
}

function cutOff(digest: string, offset: number, size: number, cause: unknown): RegistryError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError('failed', `blob ${digest}: cut off at byte ${offset} of ${size}: ${message}`, { cause });
}

function headerText(value: string | string[] | undefined): string {
  const text = (Array.isArray(value) ? value[0] : value) ?? '';
  return text.trim();
}

/** The document's own word for its type counts; an old registry's header may lack it. */
function mediaTypeOf(bytes: Buffer, header: string | string[] | undefined): string {
  try {
    const { mediaType } = JSON.parse(bytes.toString('utf8')) as { mediaType?: unknown };
    if (typeof mediaType === 'string') return mediaType;
  } catch {
    throw new RegistryError('failed', 'the registry answered with a manifest that is not JSON');
  }
  return headerText(header).replace(/;.*/s, '').trim();
}
