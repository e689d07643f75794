/** Answers a registry's challenge: basic credentials, or a token from the service that it names (distribution's auth/token). */
import { parseChallenge, TokenAnswer } from '@drydock/oci/distribution';
import type { Credentials } from './credentials.ts';
import { noCredentialsMessage, RegistryError } from './error.ts';
import { type HttpRequest, send, type Transport } from './http.ts';

export interface AuthorizeOptions {
  readonly credentials: Credentials;
  /** What the token shall be good for, such as `repository:a/b:pull`; what the challenge says, if there are none. */
  readonly scopes: readonly string[];
  readonly transport: Transport;
  readonly signal?: AbortSignal | undefined;
}

/** Makes the `Authorization` header for a challenge. */
export async function authorize(header: string, options: AuthorizeOptions): Promise<string> {
  const { credentials, scopes, transport, signal } = options;
  if (credentials.header !== undefined) return credentials.header;
  const challenge = parseChallenge(header);
  if (challenge?.scheme === 'basic') {
    if (credentials.username === '') throw new RegistryError('unauthorized', noCredentialsMessage, { status: 401 });
    return basic(credentials);
  }
  const { realm, service, scope } = challenge?.parameters ?? {};
  if (challenge?.scheme !== 'bearer' || realm === undefined)
    throw new RegistryError('failed', `unsupported authentication challenge: ${header}`);
  if (credentials.registryToken !== '') return `Bearer ${credentials.registryToken}`;
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  const wanted = scopes.length > 0 || scope === undefined ? scopes : scope.split(' ');
  for (const each of wanted) url.searchParams.append('scope', each);
  const response = await (credentials.identityToken === ''
    ? send(url.href, transport, { method: 'GET', headers: basicHeader(credentials), signal })
    : refresh(url, options));
  const text = await response.body.text();
  if (response.statusCode !== 200) throw tokenFailure(url, response.statusCode, text);
  return `Bearer ${readToken(text)}`;
}

function readToken(text: string): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new RegistryError('failed', `unable to decode token response: ${(error as Error).message}`, { cause: error });
  }
  const answer = TokenAnswer.safeParse(document);
  if (!answer.success || answer.data.token === '')
    throw new RegistryError('failed', 'authorization server did not include a token in the response');
  return answer.data.token;
}

function basicHeader(credentials: Credentials): Record<string, string> {
  return credentials.username === '' ? {} : { authorization: basic(credentials) };
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The token service's other way (RFC 6749, 6): a form, its scopes in one field. */
function refresh(url: URL, { credentials, transport, signal }: AuthorizeOptions) {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: credentials.identityToken,
    client_id: 'drydock',
    service: url.searchParams.get('service') ?? '',
    scope: url.searchParams.getAll('scope').join(' '),
  });
  const request: HttpRequest = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    signal,
  };
  return send(`${url.origin}${url.pathname}`, transport, request);
}

function tokenFailure(url: URL, status: number, text: string): RegistryError {
  if (status === 401)
    return new RegistryError('unauthorized', 'unauthorized: incorrect username or password', { status });
  const detail = text.trim() === '' ? '' : `: ${text.trim().slice(0, 200)}`;
  return new RegistryError(
    'failed',
    `failed to fetch a token from ${url.origin}${url.pathname}: status ${status}${detail}`,
  );
}
