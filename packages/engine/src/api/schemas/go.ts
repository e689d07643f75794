/** Schemas with the manners of Go's JSON decoder: field names in any case, null as absent, unknown fields ignored. */
import { z } from 'zod';
import { withGoType } from './go-type.ts';

/** An object, by the name of Go's type. Field names match without regard to case; an exact match wins. */
export function goObject<S extends z.ZodRawShape>(name: string, shape: S) {
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  const object = z.preprocess((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const renamed: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(value)) {
      const name = names.get(key.toLowerCase());
      if (name !== undefined && (name === key || !(name in value))) renamed[name] = field;
    }
    return renamed;
  }, z.object(shape));
  return withGoType(object, name);
}

/** Text; absent and null are the empty text. */
export const text = (goType = 'string') =>
  withGoType(z.string(), goType)
    .nullish()
    .transform((value) => value ?? '');

/** A whole number; absent and null are zero. */
export const integer = (goType = 'int64') =>
  withGoType(z.number().int(), goType)
    .nullish()
    .transform((value) => value ?? 0);

/** A whole number that may be absent: then it is null. */
export const optionalInteger = (goType = 'int64') => optional(withGoType(z.number().int(), goType));

/** A boolean; absent and null are false. */
export const boolean = () =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? false);

/** Something that may be absent: then it is null. */
export const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);

/** A list; absent is null, as Go's nil slice. */
export const list = <T extends z.ZodType>(item: T) => optional(z.array(item));

/** A list where absent is the empty list. */
export const filledList = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);

/** A map; absent is null, as Go's nil map. */
export const map = <T extends z.ZodType>(item: T) => optional(z.record(z.string(), item));

/** A list of words, or one word alone: a command, say. */
export const words = () =>
  withGoType(z.union([z.array(z.string()), z.string()]), 'string')
    .nullish()
    .transform((value) => (value === undefined || value === null ? null : typeof value === 'string' ? [value] : value));
