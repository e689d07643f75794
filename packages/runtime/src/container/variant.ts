/** Values in GVariant's text form (docs.gtk.org/glib/gvariant-text-format.html), as annotations have them. */
import type { Variant } from '@drydock/linux/dbus/wire';

/** Types that may be named in front of a number. */
const numberTypes: Readonly<Record<string, string>> = {
  byte: 'y',
  int16: 'n',
  uint16: 'q',
  int32: 'i',
  uint32: 'u',
  int64: 'x',
  uint64: 't',
  double: 'd',
};

/** Booleans, numbers with or without their type, texts in quotes, and arrays of texts or numbers. Throws for others. */
export function parseVariant(text: string): Variant {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return { signature: 'b', value: trimmed === 'true' };
  const quoted = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/.exec(trimmed);
  if (quoted) return { signature: 's', value: withoutEscapes(quoted[1] ?? quoted[2] ?? '') };
  if (trimmed.startsWith('[') && trimmed.endsWith(']')) return array(trimmed.slice(1, -1));
  const [, type, number = ''] = /^(?:([a-z]+\d*)\s+)?(-?\d+(?:\.\d+)?)$/.exec(trimmed) ?? [];
  const signature = type === undefined ? (number.includes('.') ? 'd' : 'i') : numberTypes[type];
  if (number === '' || signature === undefined) throw new Error(`${JSON.stringify(text)} is no value`);
  return { signature, value: signature === 'x' || signature === 't' ? BigInt(number) : Number(number) };
}

/** All elements are of the first one's type. */
function array(inside: string): Variant {
  const elements = inside.trim() === '' ? [] : (inside.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,]+/g) ?? []);
  const values = elements.filter((element) => element.trim() !== '').map(parseVariant);
  const signature = values[0]?.signature ?? 's';
  if (values.some((each) => each.signature !== signature)) throw new Error(`[${inside}] has values of different types`);
  return { signature: `a${signature}`, value: values.map(({ value }) => value) };
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
