/** Moments as docker's flags take them. */

const units: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds since the epoch, from RFC 3339, seconds themselves, or how long ago: `1h30m`. Throws with the text. */
export function timestamp(text: string): string {
  if (/^\d+(\.\d+)?$/.test(text)) return text;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text) {
    const seconds = parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (units[unit] ?? 0), 0);
    return (Date.now() / 1000 - seconds).toFixed(9);
  }
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new Error(`invalid value "${text}": neither a time nor a duration`);
  return (date.getTime() / 1000).toFixed(9);
}
