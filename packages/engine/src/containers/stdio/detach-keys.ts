/** The key sequence with which a person leaves a container without ending it. */
import { badParameter } from '../../errors.ts';

const ctrl = 'ctrl-';
const defaultKeys = Buffer.from([0x10, 0x11]);
const special: Readonly<Record<string, number>> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, _: 31 };

/** Parses keys such as `ctrl-p,ctrl-q` or `ctrl-a,d`; the empty text means the default. */
export function parseDetachKeys(text: string): Buffer {
  if (text === '') return defaultKeys;
  const bytes = text.split(',').map(keyByte);
  if (bytes.includes(undefined)) throw badParameter(`Invalid detach keys (${text}) provided`);
  return Buffer.from(bytes as number[]);
}

function keyByte(key: string): number | undefined {
  if (key.length === 1) return key.charCodeAt(0);
  const name = key.startsWith(ctrl) ? key.slice(ctrl.length) : '';
  if (/^[a-z]$/.test(name)) return name.charCodeAt(0) - 96;
  return special[name];
}

/** Looks for the keys in what a person types. */
export class DetachWatcher {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** Takes input; answers what of it is for the process, and whether the sequence is complete. */
  take(chunk: Buffer): { readonly pass: Buffer; readonly detached: boolean } {
    const pass: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { pass: Buffer.from(pass), detached: true };
        continue;
      }
      // What was held back was meant for the process after all.
      pass.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) pass.push(byte);
    }
    return { pass: Buffer.from(pass), detached: false };
  }
}
