/**
 * containerd's filters: `name==x,labels."a.b"~=^y` selects objects by their fields. A list of filters matches what any of
 * them matches; the parts of one must all match.
 *
 *   filter   := part ("," part)*
 *   part     := field ("." field)* [("==" | "!=" | "~=") value]
 *   field    := word | quoted;  value := word | quoted;  a regular expression may also stand in / / or | |
 */
import { invalidArgument } from '@drydock/rpc/errors';
import { scanToken, type Token, unquote } from './filter-scanner.ts';

/** The value of a field path in an object, or undefined if it has none. */
export type FieldReader = (path: readonly string[]) => string | undefined;

/** Whether an object, given by its fields, is selected. */
export type Filter = (read: FieldReader) => boolean;

/** Compiles a list of filters. An empty list, and an empty filter, select everything. Throws `invalid argument`. */
export function parseFilters(list: readonly string[]): Filter {
  if (list.length === 0) return () => true;
  const filters = list.map((text) => (text === '' ? () => true : new Parser(text).filter()));
  return (read) => filters.some((filter) => filter(read));
}

/** Like {@link parseFilters}, for images, containers and leases: of these containerd tells the kind of error twice. */
export function parseListFilters(list: readonly string[]): Filter {
  try {
    return parseFilters(list);
  } catch (error) {
    throw invalidArgument(`${(error as Error).message}: invalid argument`);
  }
}

/** Reads a field path such as `labels.<key>` where the key may hold dots. */
export function readMap(map: Readonly<Record<string, string>>, path: readonly string[]): string | undefined {
  return map[path.join('.')];
}

class Parser {
  readonly #input: string;
  #next: Token;

  constructor(input: string) {
    this.#input = input;
    this.#next = scanToken(input, 0, false);
  }

  filter(): Filter {
    const parts = [this.#part()];
    while (this.#next.kind !== 'end') {
      if (this.#next.text !== ',') throw this.#fault(this.#next.at, `unexpected input: ${this.#next.text[0]}`);
      this.#take(false);
      parts.push(this.#part());
    }
    return (read) => parts.every((part) => part(read));
  }

  #part(): Filter {
    const path = [this.#field()];
    while (this.#next.text === '.' && this.#next.kind === 'separator') {
      this.#take(false);
      path.push(this.#field());
    }
    if (this.#next.kind === 'end' || this.#next.kind === 'separator') return (read) => read(path) !== undefined;
    const operator = this.#operator();
    const value = this.#value(operator === '~=');
    if (operator === '==') return (read) => read(path) === value;
    if (operator === '!=') return (read) => read(path) !== value;
    const pattern = compile(value);
    return (read) => {
      const found = read(path);
      return found !== undefined && pattern?.test(found) === true;
    };
  }

  #field(): string {
    const token = this.#take(false);
    if (token.kind === 'field') return token.text;
    if (token.kind === 'quoted') return this.#unquote(token, false);
    throw this.#fault(token.at, token.fault ?? 'expected field or quoted');
  }

  #operator(): string {
    const token = this.#take(true);
    if (token.kind !== 'operator') throw this.#fault(token.at, token.fault ?? 'expected an operator ("=="|"!="|"~=")');
    if (!['==', '!=', '~='].includes(token.text))
      throw this.#fault(token.at, `unsupported operator ${JSON.stringify(token.text)}`);
    return token.text;
  }

  #value(anyQuotes: boolean): string {
    const token = this.#take(false);
    if (token.kind === 'value' || token.kind === 'field') return token.text;
    if (token.kind === 'quoted') return this.#unquote(token, anyQuotes);
    throw this.#fault(token.at, token.fault ?? 'expected value or quoted');
  }

  #unquote(token: Token, anyQuotes: boolean): string {
    if (!anyQuotes && token.text[0] !== '"') throw this.#fault(token.at, 'invalid quote encountered');
    return unquote(token.text);
  }

  #take(afterOperator: boolean): Token {
    const token = this.#next;
    this.#next = scanToken(this.#input, token.at + token.text.length, afterOperator);
    return token;
  }

  #fault(at: number, reason: string): Error {
    const input = this.#input;
    const shown = at < input.length ? `${input.slice(0, at)} >|${input[at]}|< ${input.slice(at + 1)}` : input;
    return invalidArgument(`filters: parse error: [${shown}]: ${reason}: invalid argument`);
  }
}

/** A regular expression in Go's syntax, as far as JavaScript's has the same; nothing matches one that is malformed. */
function compile(source: string): RegExp | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  try {
    return flags === null ? new RegExp(source) : new RegExp(source.slice(flags[0].length), flags[1]);
  } catch {
    return undefined;
  }
}
