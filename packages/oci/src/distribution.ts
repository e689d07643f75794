/** Types of the registry protocol (OCI distribution-spec 1.1): errors, tokens, challenges. */
import { z } from 'zod';

/** The body of a registry's error answer. */
export const RegistryErrors = z.looseObject({
  errors: z
    .array(z.looseObject({ code: z.string(), message: z.string().default(''), detail: z.unknown().optional() }))
    .min(1),
});
export type RegistryErrors = z.infer<typeof RegistryErrors>;

/** What a token service answers: the token stands in either field. */
export const TokenAnswer = z
  .looseObject({ token: z.string().optional(), access_token: z.string().optional(), expires_in: z.number().optional() })
  .transform(({ token, access_token, expires_in }) => ({
    token: token ?? access_token ?? '',
    expiresIn: expires_in ?? 60,
  }));

/** The answer to a list of tags. */
export const TagList = z.looseObject({ name: z.string(), tags: z.array(z.string()).nullish() });

/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `basic` or `bearer`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Parses a `WWW-Authenticate` header with one challenge (RFC 9110, 11.6.1). */
export function parseChallenge(header: string): Challenge | undefined {
  const match = /^\s*([A-Za-z]+)(?:\s+(.*))?$/s.exec(header);
  if (match === null) return undefined;
  const parameters: Record<string, string> = {};
  for (const [, key, quoted, plain] of (match[2] ?? '').matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g))
    parameters[key!.toLowerCase()] = quoted === undefined ? plain! : quoted.replace(/\\(.)/g, '$1');
  return { scheme: match[1]!.toLowerCase(), parameters };
}

/** A registry's error as Docker words it: `manifest unknown: manifest unknown`. */
export function describeRegistryErrors({ errors }: RegistryErrors): string {
  return errors
    .map(
      ({ code, message }) =>
        `${code.toLowerCase().replaceAll('_', ' ')}: ${message || code.toLowerCase().replaceAll('_', ' ')}`,
    )
    .join('\n');
}
