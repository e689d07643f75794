/** HTTP to registries: TLS as each host wants it, redirects, and errors in Go's words. */
import { Agent, type Dispatcher, request } from 'undici';
import { RegistryError } from './error.ts';

/** How a host is reached. */
export interface Transport {
  /** Takes any certificate. */
  readonly skipVerify?: boolean;
  /** Certificates that may sign the host's, as PEM; the system's too, where `ca` is absent. */
  readonly ca?: readonly string[];
  /** The client's certificate and key, as PEM. */
  readonly certificate?: string;
  readonly key?: string;
  /** Milliseconds to connect in. */
  readonly dialTimeout?: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Dispatcher.DispatchOptions['body'];
  readonly signal?: AbortSignal | undefined;
}

export type HttpResponse = Dispatcher.ResponseData;

const maximumRedirects = 10;
/** Milliseconds to connect in, where the host's configuration names no others. */
const dialTimeout = 15_000;
/** Milliseconds that an answer may stand still before it counts as cut off. */
const stallTimeout = 60_000;

const agents = new Map<string, Agent>();

/** Sends a request; a redirect is followed without the credentials, which belong to the first host. */
export async function send(url: string, transport: Transport, options: HttpRequest): Promise<HttpResponse> {
  const dispatcher = agentFor(transport);
  let target = url;
  let headers = options.headers ?? {};
  for (let count = 0; count <= maximumRedirects; count++) {
    const response = await attempt(target, { ...options, headers, dispatcher });
    const location = response.headers.location;
    const redirects = [301, 302, 303, 307, 308].includes(response.statusCode);
    if (!redirects || typeof location !== 'string' || (options.method !== 'GET' && options.method !== 'HEAD'))
      return response;
    await response.body.dump();
    const next = new URL(location, target);
    if (next.host !== new URL(target).host)
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'));
    target = next.href;
  }
  throw new RegistryError(
    'failed',
    `${goMethod(options.method)} "${url}": stopped after ${maximumRedirects} redirects`,
  );
}

/** Connections are kept and shared between all requests that want the same of them. */
function agentFor(transport: Transport): Agent {
  const key = JSON.stringify(transport);
  const known = agents.get(key);
  if (known !== undefined) return known;
  const agent = new Agent({
    bodyTimeout: stallTimeout,
    connect: {
      timeout: transport.dialTimeout ?? dialTimeout,
      rejectUnauthorized: transport.skipVerify !== true,
      ...(transport.ca === undefined ? {} : { ca: [...transport.ca] }),
      ...(transport.certificate === undefined ? {} : { cert: transport.certificate }),
      ...(transport.key === undefined ? {} : { key: transport.key }),
    },
  });
  agents.set(key, agent);
  return agent;
}

async function attempt(url: string, options: HttpRequest & { dispatcher: Dispatcher }): Promise<HttpResponse> {
  try {
    return await request(url, { ...options, headers: { ...options.headers }, signal: options.signal ?? null });
  } catch (error) {
    if (options.signal?.aborted) throw new RegistryError('cancelled', 'context canceled', { cause: error });
    throw new RegistryError('unreachable', `${goMethod(options.method)} "${url}": ${describe(error, new URL(url))}`, {
      cause: error,
    });
  }
}

function describe(error: unknown, { host, hostname, protocol }: URL): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const peer = /:\d+$/.test(host) ? host : `${host}:${protocol === 'https:' ? 443 : 80}`;
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: `dial tcp ${peer}: connect: connection refused`,
    ENOTFOUND: `dial tcp: lookup ${hostname}: no such host`,
    EAI_AGAIN: `dial tcp: lookup ${hostname}: Temporary failure in name resolution`,
    ENETUNREACH: `dial tcp ${peer}: connect: network is unreachable`,
    EHOSTUNREACH: `dial tcp ${peer}: connect: network is unreachable`,
    ECONNRESET: `read tcp ${peer}: connection reset by peer`,
    UND_ERR_SOCKET: 'EOF',
    UND_ERR_CONNECT_TIMEOUT: `dial tcp ${peer}: i/o timeout`,
    ERR_SSL_WRONG_VERSION_NUMBER: 'http: server gave HTTP response to HTTPS client',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'http: server gave HTTP response to HTTPS client',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
    SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
    DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
    ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'remote error: tls: certificate required',
    ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'remote error: tls: bad certificate',
  };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}

const unknownAuthority = 'x509: certificate signed by unknown authority';

function goMethod(method: string): string {
  return `${method[0]}${method.slice(1).toLowerCase()}`;
}
