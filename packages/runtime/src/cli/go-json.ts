/** JSON as Go's encoder writes it: whole numbers of any size, and no letters that mean something in HTML. */

/** What can be written; undefined values and fields are left out. */
export type GoValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly GoValue[]
  | { readonly [name: string]: GoValue };

/** One line of JSON, without a line end. */
export function goJson(value: GoValue): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([name, field]) => `${quoted(name)}:${goJson(field)}`).join(',')}}`;
  }
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value ?? null);
}

/** JSON text with the letters escaped that Go escapes; they stand in strings only. */
export function escapeHtml(json: string): string {
  return json.replace(/[<>&]/g, (letter) => escapes[letter]!);
}

const escapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

function quoted(text: string): string {
  return escapeHtml(JSON.stringify(text));
}
