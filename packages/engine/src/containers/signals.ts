/** Signals by name and number (signal(7)). */
import { constants } from 'node:os';
import { badParameter } from '../errors.ts';

const names = constants.signals as Readonly<Record<string, number | undefined>>;
/** Real-time signals as runc and Docker number them. */
const realTimeMinimum = 34;
const realTimeMaximum = 64;

/** The number of a signal given as `TERM`, `SIGTERM`, `15` or `RTMIN+3`. Throws `Invalid signal`. */
export function parseSignal(text: string): number {
  if (/^-?\d+$/.test(text)) {
    const number = Number(text);
    if (number > 0 && number <= realTimeMaximum) return number;
    throw badParameter(`Invalid signal: ${text}`);
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = realTime(name) ?? names[`SIG${name}`];
  if (number === undefined) throw badParameter(`Invalid signal: ${text}`);
  return number;
}

function realTime(name: string): number | undefined {
  const match = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (match === null) return undefined;
  const base = match[1] === 'MIN' ? realTimeMinimum : realTimeMaximum;
  const number = base + (match[2] === '-' ? -1 : 1) * Number(match[3] ?? 0);
  return number >= realTimeMinimum && number <= realTimeMaximum ? number : undefined;
}
