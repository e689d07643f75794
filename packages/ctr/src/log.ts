/** Messages beside a command's output, on stderr, in the lines that Go's logrus writes: users and scripts know those. */

/** Writes a line: `time="…" level=error msg="…" error="…"`. */
export function log(level: 'warning' | 'error', message: string, fields: Readonly<Record<string, string>> = {}): void {
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const pairs = [
    ['time', time, true],
    ['level', level, false],
    ['msg', message, true],
    ...Object.entries(fields).map(([key, value]) => [key, value, true]),
  ] as const;
  console.error(pairs.map(([key, value, quoted]) => `${key}=${quoted ? quote(String(value)) : value}`).join(' '));
}

/** A value that is one plain word is not quoted. */
function quote(text: string): string {
  return /^[\w.@/^+-]+$/.test(text) && !/^\d{4}-/.test(text) ? text : JSON.stringify(text);
}
