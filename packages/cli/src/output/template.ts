/** The part of Go's templates that `--format` is used for: fields, `json`, `len`, `join`, `range`, `if` and `index`. */

/** Renders a template over a value. Throws with the part that cannot be understood. */
export function render(template: string, value: unknown): string {
  const parts = template
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n')
    .split(/\{\{-?\s*(.*?)\s*-?\}\}/s);
  return renderParts(parts, { index: 0 }, value, true);
}

/** Renders text and actions, which alternate, up to the end or to the action that closes the block. */
function renderParts(parts: readonly string[], position: { index: number }, dot: unknown, active: boolean): string {
  let output = '';
  while (position.index < parts.length) {
    output += active ? (parts[position.index] ?? '') : '';
    position.index += 1;
    const action = parts[position.index];
    if (action === undefined) return output;
    if (action === 'end' || action === 'else') return output;
    position.index += 1;
    const [word = '', ...rest] = action.split(/\s+/);
    if (word === 'range') output += renderRange(parts, position, active ? evaluate(rest.join(' '), dot) : []);
    else if (word === 'if')
      output += renderIf(parts, position, dot, active && truthy(evaluate(rest.join(' '), dot)), active);
    else if (active) output += text(evaluate(action, dot));
  }
  return output;
}

function renderRange(parts: readonly string[], position: { index: number }, list: unknown): string {
  const start = position.index;
  const items = Object.values((list as object | null) ?? {});
  let output = '';
  for (const item of items.length === 0 ? [undefined] : items) {
    position.index = start;
    output += renderParts(parts, position, item, items.length > 0);
  }
  position.index += 1;
  return output;
}

function renderIf(
  parts: readonly string[],
  position: { index: number },
  dot: unknown,
  holds: boolean,
  active: boolean,
): string {
  let output = renderParts(parts, position, dot, holds);
  if (parts[position.index] === 'else') {
    position.index += 1;
    output += renderParts(parts, position, dot, active && !holds);
  }
  position.index += 1;
  return output;
}

/** Evaluates a pipeline: `json .State`, `index .A "b"`, `.A | json`. */
function evaluate(expression: string, dot: unknown): unknown {
  const [first = '', ...stages] = expression.split(/\s*\|\s*/);
  return stages.reduce((value, stage) => call(stage.split(/\s+/), [value], dot), call(words(first), [], dot));
}

function call([name = '', ...rest]: readonly string[], piped: readonly unknown[], dot: unknown): unknown {
  if (name.startsWith('.') || name.startsWith('"')) return operand(name, dot);
  const [first, second] = [...rest.map((word) => operand(word, dot)), ...piped];
  switch (name) {
    case 'json':
      return JSON.stringify(first);
    case 'len':
      return Object.keys((first as object | null) ?? {}).length;
    case 'join':
      return (first as string[]).join(String(second ?? ''));
    case 'index':
      return (first as Record<string, unknown> | null)?.[String(second)];
    case 'upper':
      return String(first).toUpperCase();
    case 'lower':
      return String(first).toLowerCase();
    case 'println':
      return `${text(first)}\n`;
    default:
      throw new Error(`template parsing error: function "${name}" not defined`);
  }
}

function words(expression: string): string[] {
  return expression.match(/"[^"]*"|\S+/g) ?? [];
}

function operand(word: string, dot: unknown): unknown {
  if (word.startsWith('"')) return word.slice(1, -1);
  if (/^-?\d+$/.test(word)) return Number(word);
  if (word === '.') return dot;
  return word
    .split('.')
    .slice(1)
    .reduce<unknown>((value, key) => field(value, key, word), dot);
}

function field(value: unknown, key: string, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (
    !(key in value) &&
    !Array.isArray(value) &&
    Object.keys(value).some((name) => /^[A-Z]/.test(name)) &&
    !isMap(value)
  )
    throw new Error(`template: :1:2: executing "" at <${path}>: map has no entry for key "${key}"`);
  return (value as Record<string, unknown>)[key];
}

/** Labels, ports and the like have any keys; documents have names with capitals. */
function isMap(value: object): boolean {
  return Object.keys(value).some((name) => !/^[A-Z]\w*$/.test(name));
}

function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

/** A value as Go prints it. */
function text(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(text).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  return `map[${Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${key}:${text(item)}`)
    .join(' ')}]`;
}
