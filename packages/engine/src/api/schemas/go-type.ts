/** What Go calls the types of a schema and the place of an error in it, so that errors have the words of Go's decoder. */
import type { z } from 'zod';

const names = new WeakMap<z.core.$ZodType, string>();

/** Gives a schema its name in Go: `container.HostConfig`. */
export function withGoType<S extends z.core.$ZodType>(schema: S, name: string): S {
  names.set(schema, name);
  return schema;
}

/** Where in a document a value has the wrong type. */
export interface GoPlace {
  /** The innermost struct and the path of fields to the value: `Mount.HostConfig.Mounts.Type`; empty for the whole. */
  readonly field: string;
  /** The type that the value should have. */
  readonly type: string;
}

/** Follows a path through a schema. Places in lists and keys of maps are no fields. */
export function goPlace(schema: z.core.$ZodType, path: readonly PropertyKey[]): GoPlace {
  let at = schema;
  let struct = '';
  const fields: string[] = [];
  for (const key of path) {
    const { name, type } = inner(at);
    const { def } = type._zod as { def: z.core.$ZodTypeDef };
    if (isObject(def)) {
      struct = (name ?? '').replace(/^.*\./, '');
      fields.push(String(key));
      at = def.shape[String(key)]!;
    } else if (isArray(def)) at = def.element;
    else if (isRecord(def)) at = def.valueType;
    // The words of a union have its own type.
    else break;
  }
  return { field: fields.length === 0 ? '' : [struct, ...fields].join('.'), type: goType(at) };
}

function goType(schema: z.core.$ZodType): string {
  const { name, type } = inner(schema);
  if (name !== undefined) return name;
  const { def } = type._zod as { def: z.core.$ZodTypeDef };
  if (isArray(def)) return `[]${goType(def.element)}`;
  if (isRecord(def)) return `map[string]${goType(def.valueType)}`;
  const simple: Readonly<Record<string, string>> = { number: 'int64', boolean: 'bool', object: 'struct {}' };
  return simple[def.type] ?? def.type;
}

/** The schema within what makes it optional or changes its output, and the name that was met on the way. */
function inner(schema: z.core.$ZodType): { name: string | undefined; type: z.core.$ZodType } {
  let type = schema;
  for (;;) {
    const name = names.get(type);
    const { def } = type._zod as { def: z.core.$ZodTypeDef };
    const next = within(def);
    if (next === undefined) return { name, type };
    if (name !== undefined) return { name, type: inner(next).type };
    type = next;
  }
}

function within(def: z.core.$ZodTypeDef): z.core.$ZodType | undefined {
  if (def.type === 'optional' || def.type === 'nullable') return (def as z.core.$ZodOptionalDef).innerType;
  if (def.type !== 'pipe') return undefined;
  const { in: before, out } = def as z.core.$ZodPipeDef;
  return before._zod.def.type === 'transform' ? out : before;
}

const isObject = (def: z.core.$ZodTypeDef): def is z.core.$ZodObjectDef => def.type === 'object';
const isArray = (def: z.core.$ZodTypeDef): def is z.core.$ZodArrayDef => def.type === 'array';
const isRecord = (def: z.core.$ZodTypeDef): def is z.core.$ZodRecordDef => def.type === 'record';
