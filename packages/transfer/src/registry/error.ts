/** What goes wrong at a registry: a kind that callers act on, and Go's words, since users search for those. */
import { describeRegistryErrors, RegistryErrors } from '@drydock/oci/distribution';

export type RegistryErrorKind = 'not found' | 'unauthorized' | 'forbidden' | 'unreachable' | 'cancelled' | 'failed';

export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly kind: RegistryErrorKind;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;

  constructor(kind: RegistryErrorKind, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.kind = kind;
    this.status = options.status;
  }
}

/** What is said when a registry wants a password and there is none. */
export const noCredentialsMessage = 'no basic auth credentials';

/** The error that an answer stands for: the registry's own words, or its status. */
export function errorOfAnswer(status: number, body: string): RegistryError {
  return new RegistryError(kindOfStatus(status), describe(status, body), { status });
}

/** The usual name of a status, such as `Not Found` (RFC 9110, 15). */
export function statusText(status: number): string {
  return texts[status] ?? '';
}

function kindOfStatus(status: number): RegistryErrorKind {
  if (status === 404) return 'not found';
  if (status === 401) return 'unauthorized';
  return status === 403 ? 'forbidden' : 'failed';
}

function describe(status: number, body: string): string {
  try {
    return describeRegistryErrors(RegistryErrors.parse(JSON.parse(body)));
  } catch {
    return body.trim() === ''
      ? `received unexpected HTTP status: ${status} ${statusText(status)}`
      : `error parsing HTTP ${status} response body: ${body.trim().slice(0, 200)}`;
  }
}

const texts: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
