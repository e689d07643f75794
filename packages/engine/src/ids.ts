/** Identifiers: 64 hex digits for containers, execs and networks, of which people write the first twelve. */
import { randomBytes } from 'node:crypto';

/** A new identifier. Its short form is never all digits: it could be taken for a number where it serves as a host name. */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!/^\d{12}/.test(id)) return id;
  }
}

/** The short form of an identifier or of a digest. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
