/** Cuts a filter into tokens: fields, operators, values, quoted text, separators. */

export type TokenKind = 'field' | 'operator' | 'value' | 'quoted' | 'separator' | 'end' | 'other' | 'illegal';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins in the filter. */
  readonly at: number;
  /** Why it is illegal. */
  readonly fault?: string;
}

const field = /[A-Za-z0-9_]+/y;
const operator = /[=!~]+/y;
const value = /[^\s,]+/y;
const escaped = /\\(?:[abfnrtv\\"/|]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;

/** Reads the token at `start`. After an operator everything but quoted text is a value. */
export function scanToken(input: string, start: number, afterOperator: boolean): Token {
  let at = start;
  while (at < input.length && /\s/.test(input[at]!)) at += 1;
  const first = input[at];
  if (first === undefined) return { kind: 'end', text: '', at };
  if (first === '"' || first === '/' || first === '|') return scanQuoted(input, at);
  if (first === ',' || first === '.') return { kind: 'separator', text: first, at };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(input)?.[0];
  };
  const op = match(operator);
  if (op !== undefined) return { kind: 'operator', text: op, at };
  if (afterOperator) return { kind: 'value', text: match(value)!, at };
  const name = match(field);
  if (name !== undefined) return { kind: 'field', text: name, at };
  return { kind: 'other', text: first, at };
}

function scanQuoted(input: string, at: number): Token {
  const mark = input[at]!;
  let end = at + 1;
  while (input[end] !== mark) {
    const char = input[end];
    if (char === undefined || char === '\n')
      return { kind: 'illegal', text: input.slice(at, end), at, fault: 'quoted literal not terminated' };
    if (char === '\\') {
      escaped.lastIndex = end;
      const match = escaped.exec(input);
      if (match === null) return { kind: 'illegal', text: input.slice(at, end), at, fault: 'illegal escape sequence' };
      end += match[0].length;
    } else end += 1;
  }
  return { kind: 'quoted', text: input.slice(at, end + 1), at };
}

const simple: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The text that a quoted token stands for. */
export function unquote(token: string): string {
  return token.slice(1, -1).replace(/\\([0-7]{3}|[xuU][0-9a-fA-F]+|.)/g, (_, code: string) => {
    if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    return simple[code] ?? code;
  });
}
