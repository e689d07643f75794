/** One repository in a registry: the requests of the distribution protocol, authenticated as it demands. */
import { describeRegistryErrors, RegistryErrors } from '@drydock/oci/distribution';
import { MediaType } from '@drydock/oci/media-types';
import { type EngineError, forbidden, messageOf, notFound, systemError } from '../../errors.ts';
import { authorize, noCredentialsMessage } from './authorizer.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { type HttpRequest, type HttpResponse, send } from './http.ts';

/** What manifests may be. */
const manifestTypes = [
  MediaType.dockerManifest,
  MediaType.dockerManifestList,
  MediaType.ociManifest,
  MediaType.ociIndex,
].join(', ');

export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly repository: string;
  readonly credentials: Credentials;
  readonly purpose: 'pull' | 'push';
  readonly signal?: AbortSignal | undefined;
}

export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export class RegistryClient {
  readonly #options: ClientOptions;
  #base: string | undefined;
  #authorization: string | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** A manifest by tag or digest; undefined if there is none. */
  async manifest(reference: string): Promise<FetchedManifest | undefined> {
    const path = `manifests/${reference}`;
    const response = await this.request(path, { method: 'GET', headers: { accept: manifestTypes } }).catch(
      async (error: unknown) => {
        if (messageOf(error) !== noCredentialsMessage) throw error;
        throw systemError(`Head "${await this.url()}v2/${this.#options.repository}/${path}": ${messageOf(error)}`);
      },
    );
    if (response.statusCode === 404) {
      await response.body.dump();
      return undefined;
    }
    await expectStatus(response, [200]);
    const bytes = Buffer.from(await response.body.arrayBuffer());
    return { bytes, mediaType: mediaTypeOf(bytes, response.headers['content-type']) };
  }

  /** The bytes of a blob, as they arrive. */
  async blob(digest: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.request(`blobs/${digest}`, { method: 'GET' });
    await expectStatus(response, [200]);
    return response.body;
  }

  /** All tags. */
  async tags(): Promise<string[]> {
    const response = await this.request('tags/list', { method: 'GET' });
    await expectStatus(response, [200]);
    const { tags } = (await response.body.json()) as { tags?: string[] | null };
    return tags ?? [];
  }

  /** Sends a request to a path below the repository, or to a whole URL of the registry. */
  async request(path: string, request: HttpRequest): Promise<HttpResponse> {
    const url = /^https?:\/\//.test(path) ? path : `${await this.#baseUrl()}/v2/${this.#options.repository}/${path}`;
    const { endpoint: { insecure }, signal } = this.#options; // biome-ignore format: one line
    const withToken = (): HttpRequest => ({
      ...request,
      signal,
      headers: {
        ...request.headers,
        ...(this.#authorization === undefined ? {} : { authorization: this.#authorization }),
      },
    });
    const response = await send(url, { insecure }, withToken());
    const challenge = response.headers['www-authenticate'];
    if (response.statusCode !== 401 || challenge === undefined || this.#authorization !== undefined) return response;
    await response.body.dump();
    await this.#authorize(Array.isArray(challenge) ? challenge[0]! : challenge);
    if (request.body !== undefined && typeof request.body !== 'string' && !Buffer.isBuffer(request.body))
      throw systemError('the registry asked for credentials in the middle of an upload');
    return send(url, { insecure }, withToken());
  }

  /** Asks `/v2/` with the credentials: what `docker login` does. */
  async ping(): Promise<void> {
    const base = await this.#baseUrl();
    const response = await this.request(`${base}/v2/`, { method: 'GET' });
    await response.body.dump();
    if (response.statusCode !== 200)
      throw systemError(
        `login attempt to ${base}/v2/ failed with status: ${response.statusCode} ${statusText(response.statusCode)}`,
      );
  }

  /** The registry's base URL with a slash at the end, against which its relative locations are resolved. */
  async url(): Promise<string> {
    return `${await this.#baseUrl()}/`;
  }

  /** The first base URL that answers; over HTTPS, or over HTTP where the registry may be insecure. */
  async #baseUrl(): Promise<string> {
    if (this.#base !== undefined) return this.#base;
    const { endpoint, signal } = this.#options;
    const failures: string[] = [];
    for (const url of endpoint.urls) {
      try {
        const response = await send(`${url}/v2/`, endpoint, { method: 'GET', signal });
        await response.body.dump();
        const challenge = response.headers['www-authenticate'];
        // Asking now lets an upload start with the token in hand.
        if (response.statusCode === 401 && challenge !== undefined && this.#options.purpose === 'push')
          await this.#authorize(Array.isArray(challenge) ? challenge[0]! : challenge);
        this.#base = url;
        return url;
      } catch (error) {
        if (signal?.aborted || /basic auth credentials|unauthorized/.test(messageOf(error))) throw error;
        failures.push(messageOf(error));
      }
    }
    throw systemError(failures.at(-1) ?? 'no endpoint');
  }

  async #authorize(challenge: string): Promise<void> {
    const { repository, credentials, purpose, endpoint, signal } = this.#options;
    const scope =
      repository === '' ? undefined : `repository:${repository}:${purpose === 'push' ? 'pull,push' : 'pull'}`;
    this.#authorization = await authorize(challenge, { credentials, scope, insecure: endpoint.insecure, signal });
  }
}

/** Throws the registry's error unless the status is one of those expected. */
export async function expectStatus(response: HttpResponse, expected: readonly number[]): Promise<void> {
  if (expected.includes(response.statusCode)) return;
  throw toError(response.statusCode, await response.body.text());
}

function toError(status: number, body: string): EngineError {
  let described: string | undefined;
  try {
    described = describeRegistryErrors(RegistryErrors.parse(JSON.parse(body)));
  } catch {
    described =
      body.trim() === '' ? undefined : `error parsing HTTP ${status} response body: ${body.trim().slice(0, 200)}`;
  }
  const message = described ?? `received unexpected HTTP status: ${status} ${statusText(status)}`;
  if (status === 404) return notFound(message);
  return status === 403 ? forbidden(message) : systemError(message);
}

function statusText(status: number): string {
  const texts: Readonly<Record<number, string>> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    500: 'Internal Server Error',
    503: 'Service Unavailable',
  };
  return texts[status] ?? '';
}

/** The document's own word for its type counts; an old registry's header may lack it. */
function mediaTypeOf(bytes: Buffer, header: string | string[] | undefined): string {
  try {
    const { mediaType } = JSON.parse(bytes.toString('utf8')) as { mediaType?: unknown };
    if (typeof mediaType === 'string') return mediaType;
  } catch {
    throw systemError('the registry answered with a manifest that is not JSON');
  }
  const text = (Array.isArray(header) ? header[0] : header) ?? '';
  return text.replace(/;.*/s, '').trim();
}
