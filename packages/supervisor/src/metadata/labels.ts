/** Labels: their limit, how the metadata keeps them, and how a field mask changes them. */
import { invalidArgument } from '@drydock/rpc/errors';

export type Labels = Readonly<Record<string, string>>;

/** Bytes in one label's key and value together. */
const maxSize = 4096;

/** Throws `invalid argument` for a label that is too long; `what` names the field. */
export function validateLabels(labels: Labels, what: string): void {
  for (const [key, value] of Object.entries(labels)) {
    if (Buffer.byteLength(key) + Buffer.byteLength(value) <= maxSize) continue;
    const shown = key.length > 10 ? key.slice(0, 10) : key;
    throw invalidArgument(
      `${what}: label key and value greater than maximum size (${maxSize} bytes), key: ${shown}: invalid argument`,
    );
  }
}

/** Labels as the metadata keeps them. One that is set to nothing is a label that is removed. */
export function encodeLabels(labels: Labels): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')));
}

export function decodeLabels(text: string): Record<string, string> {
  return text === '{}' ? {} : JSON.parse(text);
}

/**
 * Applies one path of a field mask to a map: `<field>` replaces it, `<field>.<key>` sets one key (which may hold dots), or
 * removes it if it is set to nothing. Answers the changed map, or undefined if the path is about something else.
 */
export function maskMap<T>(
  path: string,
  field: string,
  current: Readonly<Record<string, T>>,
  given: Readonly<Record<string, T>>,
): Record<string, T> | undefined {
  if (path === field) return { ...given };
  if (!path.startsWith(`${field}.`)) return undefined;
  const key = path.slice(field.length + 1);
  const { [key]: _, ...rest } = current;
  const value = given[key];
  return value === undefined || value === '' ? rest : { ...rest, [key]: value };
}
