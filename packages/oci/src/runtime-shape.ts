/**
 * Shapes of JSON documents that are checked once, when they are read. Written by hand because the runtime reads one at
 * every start, and zod alone takes 5 ms to load. A value of the wrong kind is refused in the words that Go's decoder, and
 * so runc, has for it; every field may be absent or null, and unknown ones are ignored, as in Go.
 */

/** Kinds of numbers and their least and greatest values. */
const ranges = {
  int: [-(2 ** 63), 2 ** 63],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint: [0, 2 ** 64],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 64],
} as const;

type NumberKind = keyof typeof ranges;
export type Shape = 'string' | 'bool' | NumberKind | ListShape | MapShape | StructShape;

interface ListShape<Element = Shape> {
  readonly list: Element;
}
interface MapShape<Value = Shape> {
  readonly map: Value;
}
interface StructShape<Fields = { readonly [name: string]: Shape }> {
  readonly struct: string;
  readonly fields: Fields;
}

/** The type of what has a shape. */
export type Shaped<S> = S extends 'string'
  ? string
  : S extends 'bool'
    ? boolean
    : S extends NumberKind
      ? number
      : S extends ListShape<infer Element>
        ? readonly Shaped<Element>[]
        : S extends MapShape<infer Value>
          ? Readonly<Record<string, Shaped<Value>>>
          : S extends StructShape<infer Fields>
            ? { readonly [Name in keyof Fields]?: Shaped<Fields[Name]> }
            : never;

export const list = <const S>(element: S): ListShape<S> => ({ list: element });
export const map = <const S>(value: S): MapShape<S> => ({ map: value });
export const struct = <const F>(name: string, fields: F): StructShape<F> => ({ struct: name, fields });

/** A document that is no JSON, or has a value of the wrong kind. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Reads a JSON text of a shape. Throws {@link ShapeError}. */
export function parseShaped<S extends Shape>(text: string, shape: S): Shaped<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ShapeError(syntaxError(text, error as Error), { cause: error });
  }
  return checked(value, shape, '', []) as Shaped<S>;
}

/** Go's words for what begins wrong; for a mistake further on, the engine's. */
function syntaxError(text: string, error: Error): string {
  const [first] = text.trimStart();
  if (first === undefined) return 'unexpected end of JSON input';
  const begins = '{["-0123456789'.includes(first) || /^(true|false|null)/.test(text.trimStart());
  return begins ? error.message : `invalid character '${first}' looking for beginning of value`;
}

/** The value without nulls, and only with the fields of its shape. */
function checked(value: unknown, shape: Shape, owner: string, path: readonly string[]): unknown {
  if (typeof shape === 'string') {
    if (!isOfKind(value, shape)) throw mismatch(value, shape, owner, path);
    return value;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) throw mismatch(value, shape, owner, path);
    return value.map((element) => (element === null ? zero(shape.list) : checked(element, shape.list, owner, path)));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, shape, owner, path);
  const result: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const of = 'map' in shape ? shape.map : Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    if (of === undefined || field === null) continue;
    result[name] = checked(field, of, 'map' in shape ? owner : shape.struct, 'map' in shape ? path : [...path, name]);
  }
  return result;
}

function isOfKind(value: unknown, kind: 'string' | 'bool' | NumberKind): boolean {
  if (kind === 'string') return typeof value === 'string';
  if (kind === 'bool') return typeof value === 'boolean';
  const [least, greatest] = ranges[kind];
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest;
}

function mismatch(value: unknown, shape: Shape, owner: string, path: readonly string[]): ShapeError {
  const where = path.length === 0 ? 'value' : `struct field ${owner}.${path.join('.')}`;
  return new ShapeError(`json: cannot unmarshal ${kindOf(value, shape)} into Go ${where} of type ${goType(shape)}`);
}

function kindOf(value: unknown, shape: Shape): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  // A number of the right kind is out of range: Go says which.
  if (typeof value === 'number') return typeof shape === 'string' && shape in ranges ? `number ${value}` : 'number';
  return typeof value;
}

function goType(shape: Shape): string {
  if (typeof shape === 'string') return shape;
  if ('list' in shape) return `[]${goType(shape.list)}`;
  if ('map' in shape) return `map[string]${goType(shape.map)}`;
  return `specs.${shape.struct}`;
}

function zero(shape: Shape): unknown {
  if (shape === 'string') return '';
  if (shape === 'bool') return false;
  if (typeof shape === 'string') return 0;
  return 'list' in shape ? [] : {};
}
