/** The Engine API's client: requests as docker's command line makes them. https://docs.docker.com/reference/api/engine/ */
import { Readable } from 'node:stream';
import { currentTrace } from '@drydock/telemetry/trace';
import { type Dispatcher, Pool } from 'undici';
import { EngineError } from './error.ts';
import { type Host, parseHost } from './host.ts';

/** The newest version of the API that this client speaks. */
const newestVersion = '1.50';

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON, unless it is a stream or bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A client of one engine. */
export class Engine {
  readonly host: Host;
  readonly #pool: Pool;
  #version: Promise<string> | undefined;

  constructor(address: string) {
    this.host = parseHost(address);
    const socket = this.host.kind === 'unix' ? { socketPath: this.host.path } : {};
    const origin = this.host.kind === 'unix' ? 'http://localhost' : `http://${this.host.hostname}:${this.host.port}`;
    this.#pool = new Pool(origin, { ...socket, connections: 8, bodyTimeout: 0, headersTimeout: 0 });
  }

  /** Makes a request and answers the response, whose body is still to be read. Rejects with EngineError on a status ≥ 400. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Dispatcher.ResponseData> {
    const prefix = path === '/_ping' ? '' : `/v${await this.version()}`;
    const { body, contentType } = encodeBody(options.body);
    const trace = currentTrace();
    const response = await this.#pool
      .request({
        method: method as Dispatcher.HttpMethod,
        path: `${prefix}${path}${queryText(options.query)}`,
        headers: {
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(trace === undefined ? {} : { traceparent: trace }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      .catch((error: Error) => {
        throw EngineError.unreachable(this.host.text, error);
      });
    if (response.statusCode >= 400) throw EngineError.fromBody(response.statusCode, await response.body.text());
    return response;
  }

  /** A request whose answer is JSON. */
  async json<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    const { body } = await this.request(method, path, options);
    return (await body.json()) as T;
  }

  /** A request whose answer does not matter; answers the status. */
  async send(method: string, path: string, options?: RequestOptions): Promise<number> {
    const { body, statusCode } = await this.request(method, path, options);
    await body.dump();
    return statusCode;
  }

  /** The API version to speak: our newest, or the engine's if that is older. */
  version(): Promise<string> {
    this.#version ??= this.request('HEAD', '/_ping').then(async ({ headers, body }) => {
      await body.dump();
      return older(String(headers['api-version'] ?? newestVersion), newestVersion);
    });
    return this.#version;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** A query string with its question mark; absent and false values are left out. */
export function queryText(query: RequestOptions['query'] = {}): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== false);
  const text = new URLSearchParams(
    entries.map(([key, value]) => [key, value === true ? '1' : String(value)]),
  ).toString();
  return text === '' ? '' : `?${text}`;
}

function encodeBody(body: unknown): { body?: string | Buffer | Readable; contentType?: string } {
  if (body === undefined) return {};
  if (Buffer.isBuffer(body) || body instanceof Readable) return { body, contentType: 'application/x-tar' };
  return { body: JSON.stringify(body), contentType: 'application/json' };
}

function older(a: string, b: string): string {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA < majorB || (majorA === majorB && minorA < minorB) ? a : b;
}
