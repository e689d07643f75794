/** Tables and units as ctr prints them. */

/**
 * Prints rows in columns, `gap` spaces apart; ctr's lists of containers and tasks use 4, the others 1. Some of its tables
 * have no space behind the last column but in the heading: those are `trimmed`.
 */
export function printTable(
  rows: readonly (readonly string[])[],
  gap = 4,
  { trimmed = false }: { readonly trimmed?: boolean } = {},
): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + gap);
  for (const [index, row] of rows.entries()) {
    const padded = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    console.log(trimmed && index > 0 ? padded.join('').trimEnd() : padded.join(''));
  }
}

/** Prints rows in columns that end at tab stops; the last column is left as it is. */
export function printTabbed(rows: readonly (readonly string[])[]): void {
  const columns = (rows[0]?.length ?? 1) - 1;
  const stops = Array.from(
    { length: columns },
    (_, column) => Math.floor(Math.max(...rows.map((row) => row[column]?.length ?? 0)) / 8 + 1) * 8,
  );
  for (const row of rows)
    console.log(
      row
        .map(
          (cell, column) =>
            cell + '\t'.repeat(column < columns ? Math.ceil(((stops[column] ?? 0) - cell.length) / 8) : 0),
        )
        .join(''),
    );
}

/** A map with its keys in order, as Go's JSON has it. */
export function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Prints a value as ctr prints JSON. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 4));
}

/** Bytes in units of 1024, as `2.0 MiB`. */
export function binarySize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** Bytes in units of 1000 with four digits, as `2.13MB`. */
export function decimalSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}

/** How long ago a moment was, as `14 minutes`. */
export function age(since: Date): string {
  const seconds = Math.max(0, (Date.now() - since.getTime()) / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds < 60) return `${Math.floor(seconds)} ${seconds < 2 ? 'second' : 'seconds'}`;
  if (seconds < 120) return 'About a minute';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} minutes`;
  if (seconds < 7200) return 'About an hour';
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} hours`;
  return `${Math.floor(seconds / 86400)} days`;
}

/** Labels as `a=1,b=2`, in order; `-` or another word if there are none. */
export function labelText(labels: Readonly<Record<string, string>>, none: string): string {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? none : entries.map(([key, value]) => `${key}=${value}`).join(',');
}

/** A time as Go prints it: `2026-11-22 05:06:39.48013544 +0000 UTC`. */
export function goTime(rfc3339: string): string {
  return `${rfc3339.replace('T', ' ').replace('Z', '')} +0000 UTC`;
}

/** A time with seconds alone, as RFC 3339 has it. */
export function wholeSeconds(rfc3339: string): string {
  return rfc3339.replace(/\.\d+/, '');
}

/** A duration in Go's words: `12.3ms`, `1.5s`. */
export function goDuration(milliseconds: number): string {
  return milliseconds < 1000
    ? `${milliseconds.toFixed(6).replace(/0+$/, '0')}ms`
    : `${(milliseconds / 1000).toFixed(9)}s`;
}
