/**
 * Command line flags as Go's flag package reads them, which is what callers of runc rely on: one dash or two, `--flag value`
 * or `--flag=value`, booleans without a value. `parseArgs` of node:util knows no long flag with one dash (containerd passes
 * `-no-subreaper`), and loading it takes 3 ms.
 */
import { Failure } from '../failure.ts';

/** A flag of a command. */
export interface Flag {
  /** Its names, the long one first. */
  readonly names: readonly string[];
  readonly kind: 'bool' | 'string' | 'number' | 'list';
  /** What the help says of it. */
  readonly help: string;
  readonly default?: string | number;
}

/** Flags that were given, by their long names. */
export class Flags {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  bool(name: string): boolean {
    const value = this.#values.get(name)?.at(-1);
    return value !== undefined && value !== 'false' && value !== '0';
  }

  /** The last value given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

/** The flags at the front of a command line, and what follows them. */
export interface ParsedFlags {
  readonly flags: Flags;
  readonly rest: readonly string[];
}

/** A command line that does not fit the table. */
export class UsageError extends Failure {}

/**
 * Reads flags. `anywhere`: also those after the first argument that is none, as runc does for most commands; `--` ends
 * them in any case. Throws {@link UsageError}.
 */
export function parseFlags(words: readonly string[], table: readonly Flag[], { anywhere = false } = {}): ParsedFlags {
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--') {
      rest.push(...words.slice(index + 1));
      break;
    }
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word);
    if (!match) {
      if (!anywhere) {
        rest.push(...words.slice(index));
        break;
      }
      rest.push(word);
      continue;
    }
    const [, name = '', attached] = match;
    const flag = table.find(({ names }) => names.includes(name));
    if (!flag) throw new UsageError(`flag provided but not defined: -${name}`);
    let value = attached;
    if (value === undefined && flag.kind === 'bool') value = 'true';
    if (value === undefined) value = words[++index];
    if (value === undefined) throw new UsageError(`flag needs an argument: -${name}`);
    if (flag.kind === 'number' && !/^-?\d+$/.test(value))
      throw new UsageError(`invalid value "${value}" for flag -${name}: parse error`);
    if (flag.kind === 'bool' && !/^(true|false|1|0|t|f)$/i.test(value))
      throw new UsageError(`invalid boolean value "${value}" for -${name}: parse error`);
    const long = flag.names[0]!;
    values.set(long, flag.kind === 'list' ? [...(values.get(long) ?? []), value] : [value]);
  }
  return { flags: new Flags(values), rest };
}
