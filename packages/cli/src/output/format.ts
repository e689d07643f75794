/** Lists under `--format`: a table, a table of chosen columns, JSON lines, or a template. */
import { printTable } from './table.ts';
import { render } from './template.ts';

/** A column: the field's name in templates, its header, and its text. */
export interface Column<T> {
  readonly name: string;
  readonly header: string;
  readonly text: (item: T) => string;
}

/** Prints items: as the given columns in a table, or as `format` says. */
export function printList<T>(
  items: readonly T[],
  all: readonly Column<T>[],
  shown: readonly string[],
  format: string | undefined,
): void {
  const fields = (item: T): Record<string, string> =>
    Object.fromEntries(all.map(({ name, text }) => [name, text(item)]));
  if (format === 'json') for (const item of items) console.log(JSON.stringify(fields(item)));
  else if (format?.startsWith('table ')) {
    const template = format.slice('table '.length).replaceAll('\\t', '\t');
    const header = Object.fromEntries(all.map((column) => [column.name, column.header]));
    printTable([header, ...items.map(fields)].map((row) => render(template, row).split('\t')));
  } else if (format !== undefined && format !== 'table')
    for (const item of items) console.log(render(format, fields(item)));
  else {
    const columns = shown
      .map((name) => all.find((column) => column.name === name))
      .filter((column) => column !== undefined);
    printTable([columns.map(({ header }) => header), ...items.map((item) => columns.map(({ text }) => text(item)))]);
  }
}
