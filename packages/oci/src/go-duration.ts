/** Durations as Go writes and reads them: `1h30m`, `1.5s`, `250ms`. */

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
};

/** Milliseconds; undefined if the text is no duration (Go's time.ParseDuration). */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0;
  for (const [, number, unit = ''] of rest.matchAll(/([\d.]+)([a-zµμ]+)/g)) total += Number(number) * units[unit]!;
  return sign === '-' ? -total : total;
}
