/** Assembly listings: `bytes | source`, a line for each instruction. What runs are the bytes; the source says what they are. */
import type { Machine } from './layout.ts';

/** The bytes in front of the bars. */
export function bytesOf(listing: string): Uint8Array {
  return Buffer.from(listing.replace(/\|.*|\s/g, ''), 'hex');
}

/** The listing as an assembler reads it: no bytes, no comments. */
export function assemblySource(machine: Machine, listing: string): string {
  const lines = listing.split('\n').map((line) => line.slice(line.indexOf('|') + 1).replace(/\s# .*$/, ''));
  return `${machine === 'x64' ? '.intel_syntax noprefix\n' : ''}${lines.join('\n')}\n`;
}
