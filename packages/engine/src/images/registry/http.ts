/** HTTP to registries: redirects, and errors in Go's words, since users search for those. */
import { Agent, type Dispatcher, request } from 'undici';
import { systemError } from '../../errors.ts';

const agents = {
  secure: new Agent({ connect: { timeout: 15_000 } }),
  insecure: new Agent({ connect: { timeout: 15_000, rejectUnauthorized: false } }),
};

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Dispatcher.DispatchOptions['body'];
  readonly signal?: AbortSignal | undefined;
}

export type HttpResponse = Dispatcher.ResponseData;

const maximumRedirects = 10;

/** Sends a request; a redirect is followed without the credentials, which belong to the first host. */
export async function send(
  url: string,
  { insecure }: { readonly insecure: boolean },
  options: HttpRequest,
): Promise<HttpResponse> {
  const dispatcher = insecure ? agents.insecure : agents.secure;
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
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
    target = next.href;
  }
  throw systemError(`${goMethod(options.method)} "${url}": stopped after ${maximumRedirects} redirects`);
}

async function attempt(url: string, options: HttpRequest & { dispatcher: Dispatcher }): Promise<HttpResponse> {
  try {
    return await request(url, { ...options, headers: { ...options.headers }, signal: options.signal ?? null });
  } catch (error) {
    if (options.signal?.aborted) throw systemError('context canceled');
    throw systemError(`${goMethod(options.method)} "${url}": ${describe(error, new URL(url))}`, { cause: error });
  }
}

function describe(error: unknown, { host, hostname, protocol }: URL): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const peer = /:\d+$/.test(host) ? host : `${host}:${protocol === 'https:' ? 443 : 80}`;
  if (code === 'ECONNREFUSED') return `dial tcp ${peer}: connect: connection refused`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `dial tcp: lookup ${hostname}: ${code === 'ENOTFOUND' ? 'no such host' : 'Temporary failure in name resolution'}`;
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return `dial tcp ${peer}: connect: network is unreachable`;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return 'http: server gave HTTP response to HTTPS client';
  return error instanceof Error ? error.message : String(error);
}

function goMethod(method: string): string {
  return `${method[0]}${method.slice(1).toLowerCase()}`;
}
