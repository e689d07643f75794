/**
 * Command line flags as Go's flag package reads them, which is what callers of runc rely on: one dash or two, `--flag value`
 * or `--flag=value`, booleans without a value. `parseArgs` of node:util knows no long flag with one dash (containerd passes
 * `-no-subreaper`), and loading it takes 3 ms.
 */

import { parseGoDuration } from '@drydock/oci/go-duration';
import { Failure } from '../failure.ts';

/** What follows a flag; `list` and `numbers` may be given again and again, `optional` has a value only behind `=`. */
export type FlagKind = 'bool' | 'string' | 'optional' | 'number' | 'duration' | 'list' | 'numbers';

/** A flag of a command. */
export interface Flag {
  /** Its names, the long one first. */
  readonly names: readonly string[];
  readonly kind: FlagKind;
  /** What the help says of it. */
  readonly help: string;
  /** Words that it may be followed by, for completion. */
  readonly choices?: readonly string[];
  /** Accepted, and not in the help. */
  readonly hidden?: boolean;
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
    return value !== undefined && !/^(false|f|0)$/i.test(value);
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
  const spelled = new Map<string, string>();
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
    if (value === undefined && flag.kind === 'optional') value = '';
    if (value === undefined) value = words[++index];
    if (value === undefined) throw new UsageError(`flag needs an argument: -${name}`);
    checkValue(flag, name, value);
    const long = flag.names[0]!;
    const before = spelled.get(long) ?? name;
    if (before !== name) {
      const order = flag.names.filter((each) => each === before || each === name).reverse();
      throw new UsageError(`Cannot use two forms of the same flag: ${order.join(' ')}`);
    }
    spelled.set(long, name);
    const isList = flag.kind === 'list' || flag.kind === 'numbers';
    values.set(long, isList ? [...(values.get(long) ?? []), value] : [value]);
  }
  return { flags: new Flags(values), rest };
}

/** Throws {@link UsageError} in the words of Go's flag package. */
function checkValue({ kind, choices = [] }: Flag, name: string, value: string): void {
  const invalid = (why: string) => new UsageError(`invalid value ${JSON.stringify(value)} for flag -${name}: ${why}`);
  if (kind === 'number' && !/^[+-]?\d+$/.test(value)) throw invalid('parse error');
  if (kind === 'number' && !inRange(value)) throw invalid('value out of range');
  if (kind === 'numbers' && !/^[+-]?\d+$/.test(value))
    throw invalid(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (kind === 'optional' && value !== '' && !choices.includes(value)) throw invalid(`want ${choices.join(' or ')}`);
  if (kind === 'duration' && parseGoDuration(value) === undefined) throw invalid('parse error');
  if (kind === 'bool' && !/^(true|false|1|0|t|f)$/i.test(value))
    throw new UsageError(`invalid boolean value ${JSON.stringify(value)} for -${name}: parse error`);
}

/** Whether a number fits in 64 bits with a sign. */
function inRange(text: string): boolean {
  return BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
