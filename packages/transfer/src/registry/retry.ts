/**
 * Tries again what passes: an answer that says "later" (RFC 6585, 429; RFC 9110, 503 and the gateways' 502 and 504), or a
 * connection that broke. An answer may name the time to wait (RFC 9110, 10.2.3).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from './error.ts';
import type { HttpResponse } from './http.ts';

const passing: readonly number[] = [408, 429, 502, 503, 504];

/** How often, and after what times in milliseconds, something is tried again. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly firstDelay: number;
  readonly longestDelay: number;
}

export const usualRetries: RetryPolicy = { attempts: 5, firstDelay: 200, longestDelay: 30_000 };

/** Sends until there is an answer other than "later", or the attempts are used up; then the last answer or error stands. */
export async function withRetries(
  attempt: () => Promise<HttpResponse>,
  signal: AbortSignal | undefined,
  policy: RetryPolicy = usualRetries,
): Promise<HttpResponse> {
  for (let count = 1; ; count += 1) {
    const last = count >= policy.attempts;
    let wait = backoff(count, policy);
    try {
      const response = await attempt();
      if (last || !passing.includes(response.statusCode)) return response;
      wait = retryAfter(response.headers['retry-after'], policy) ?? wait;
      await response.body.dump();
    } catch (error) {
      if (last || !isBroken(error)) throw error;
    }
    await pause(wait, signal);
  }
}

/** Milliseconds before attempt number `count` + 1: each twice the one before, with some chance in it. */
export function backoff(count: number, { firstDelay, longestDelay }: RetryPolicy = usualRetries): number {
  return Math.min(longestDelay, firstDelay * 2 ** (count - 1) * (0.75 + Math.random() / 2));
}

/** Waits; rejects at once when the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new RegistryError('cancelled', 'context canceled', { cause: error });
  }
}

/** A connection that was there and broke, as against one that nobody accepts. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.kind !== 'unreachable') return false;
  const { code } = (error.cause ?? {}) as { code?: string };
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'].includes(code ?? '');
}

function retryAfter(header: string | string[] | undefined, { longestDelay }: RetryPolicy): number | undefined {
  if (typeof header !== 'string') return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(longestDelay, Math.max(0, milliseconds));
}
