/** Answers a registry's challenge: basic credentials, or a token from the service that it names. */
import { parseChallenge, TokenAnswer } from '@drydock/oci/distribution';
import { systemError } from '../../errors.ts';
import type { Credentials } from './credentials.ts';
import { send } from './http.ts';

/** What is said when a registry wants a password and the client gave none. */
export const noCredentialsMessage = 'no basic auth credentials';

/** Makes the `Authorization` header for a challenge. */
export async function authorize(
  header: string,
  {
    credentials,
    scope,
    insecure,
    signal,
  }: { credentials: Credentials; scope: string | undefined; insecure: boolean; signal?: AbortSignal | undefined },
): Promise<string> {
  const challenge = parseChallenge(header);
  if (challenge?.scheme === 'basic') {
    if (credentials.username === '') throw systemError(noCredentialsMessage);
    return basic(credentials);
  }
  if (challenge?.scheme !== 'bearer' || challenge.parameters.realm === undefined)
    throw systemError(`unsupported authentication challenge: ${header}`);
  if (credentials.registryToken !== '') return `Bearer ${credentials.registryToken}`;
  const url = new URL(challenge.parameters.realm);
  if (challenge.parameters.service !== undefined) url.searchParams.set('service', challenge.parameters.service);
  const wanted = scope ?? challenge.parameters.scope;
  if (wanted !== undefined) url.searchParams.set('scope', wanted);
  const response =
    credentials.identityToken === ''
      ? await send(
          url.href,
          { insecure },
          { method: 'GET', headers: credentials.username === '' ? {} : { authorization: basic(credentials) }, signal },
        )
      : await send(url.href, { insecure }, refresh(url, credentials, signal));
  const text = await response.body.text();
  if (response.statusCode !== 200) throw systemError(tokenFailure(url, response.statusCode, text));
  const answer = TokenAnswer.safeParse(JSON.parse(text));
  if (!answer.success || answer.data.token === '')
    throw systemError('authorization server did not include a token in the response');
  return `Bearer ${answer.data.token}`;
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function refresh(url: URL, { identityToken }: Credentials, signal: AbortSignal | undefined) {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: identityToken, client_id: 'drydock' });
  for (const [key, value] of url.searchParams) form.set(key, value);
  url.search = '';
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    signal,
  } as const;
}

function tokenFailure(url: URL, status: number, text: string): string {
  return status === 401
    ? `unauthorized: incorrect username or password`
    : `failed to fetch a token from ${url.origin}${url.pathname}: status ${status}${text === '' ? '' : `: ${text.trim().slice(0, 200)}`}`;
}
