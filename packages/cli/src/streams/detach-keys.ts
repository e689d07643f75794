/** The keys that leave a terminal without ending what runs in it: ctrl-p ctrl-q, unless others are given. */

/** The bytes of a key sequence such as `ctrl-p,ctrl-q` or `ctrl-a,x`. Throws with the sequence if it is none. */
export function parseDetachKeys(text: string): number[] {
  return text.split(',').map((key) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1];
    if (control !== undefined) return control.charCodeAt(0) & 0x1f;
    if (key.length !== 1) throw new Error(`invalid detach keys (${text}) provided`);
    return key.charCodeAt(0);
  });
}

/** What of an input is to be passed on, and whether the sequence is complete. */
export interface Scanned {
  readonly data: Buffer;
  readonly detached: boolean;
}

/** Finds a sequence in input that comes in pieces. Keys that turn out not to belong to it are passed on. */
export function detachScanner(sequence: readonly number[]): (chunk: Buffer) => Scanned {
  let matched = 0;
  return (chunk) => {
    const data: number[] = [];
    for (const byte of chunk) {
      if (byte === sequence[matched]) {
        matched += 1;
        if (matched === sequence.length) return { data: Buffer.from(data), detached: true };
        continue;
      }
      data.push(...sequence.slice(0, matched));
      matched = byte === sequence[0] ? 1 : 0;
      if (matched === 0) data.push(byte);
    }
    return { data: Buffer.from(data), detached: false };
  };
}
