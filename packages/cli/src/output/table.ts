/** Columns as docker prints them: three spaces apart and ten wide at least. */

/** Rows as lines; every column but the last is padded to its widest cell. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === columns - 1 ? cell : cell.padEnd(Math.max(10, (widths[column] ?? 0) + 3))))
      .join(''),
  );
}

/** Prints rows. */
export function printTable(rows: readonly (readonly string[])[]): void {
  for (const line of tableLines(rows)) console.log(line);
}
