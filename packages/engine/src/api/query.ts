/** Query strings: Docker's booleans, numbers and filters. */
import { badParameter } from '../errors.ts';

/** The query of a request. A repeated key keeps all its values. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a key; undefined if it is absent. */
export function text(query: Query, key: string): string | undefined {
  const value = query[key];
  return Array.isArray(value) ? value[0] : value;
}

/** All values of a key. */
export function texts(query: Query, key: string): string[] {
  const value = query[key];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Docker's reading of a boolean: false are the empty text, `0`, `no`, `false` and `none`; absent is `missing`. */
export function flag(query: Query, key: string, missing = false): boolean {
  const value = text(query, key);
  if (value === undefined) return missing;
  return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
}

/** A whole number. Refuses anything else with Go's message. */
export function integer(query: Query, key: string): number | undefined {
  const value = text(query, key);
  if (value === undefined || value === '') return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badParameter(`strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
  return Number(value);
}

/** Filters: for each key, the values asked for. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Parses `filters`, as map of maps (the CLI) or map of lists (docker-py, dockerode). Refuses keys that are not `known`. */
export function filters(query: Query, known: readonly string[]): Filters {
  const value = text(query, 'filters');
  const found = new Map<string, string[]>();
  if (value === undefined || value.trim() === '') return found;
  for (const [key, wanted] of Object.entries(parseObject(value))) {
    if (!known.includes(key)) throw badParameter(`Invalid filter '${key}'`);
    found.set(key, valuesOf(wanted));
  }
  return found;
}

function parseObject(value: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw badParameter(`invalid filters: ${value}: not JSON`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw badParameter(`invalid filters: ${value}: not an object`);
  return parsed;
}

function valuesOf(wanted: unknown): string[] {
  if (Array.isArray(wanted)) return wanted.map(String);
  if (typeof wanted === 'object' && wanted !== null)
    return Object.entries(wanted).flatMap(([value, on]) => (on === false ? [] : [value]));
  throw badParameter('invalid filters: values must be a list or a map');
}

/** Whether labels satisfy `label` filters: each is `key` or `key=value`, all must hold. */
export function matchesLabels(
  wanted: readonly string[] | undefined,
  labels: Readonly<Record<string, string>> | null | undefined,
): boolean {
  return (wanted ?? []).every((want) => {
    const equals = want.indexOf('=');
    const key = equals === -1 ? want : want.slice(0, equals);
    const value = labels?.[key];
    return value !== undefined && (equals === -1 || value === want.slice(equals + 1));
  });
}

/** Whether a filter's values (if any) hold for a text: equal, or matching as a regular expression. */
export function matchesPattern(wanted: readonly string[] | undefined, candidates: readonly string[]): boolean {
  if (wanted === undefined || wanted.length === 0) return true;
  return wanted.some((want) =>
    candidates.some((candidate) => {
      if (candidate === want) return true;
      try {
        return new RegExp(want).test(candidate);
      } catch {
        return false;
      }
    }),
  );
}
