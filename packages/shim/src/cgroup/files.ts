/** Values in the files of a cgroup. A file that the kernel does not have, or a cgroup that is gone, holds nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file's text; '' if it is not there. */
export function readText(directory: string | undefined, file: string): string {
  if (directory === undefined) return '';
  try {
    return readFileSync(join(directory, file), 'utf8').trim();
  } catch {
    return '';
  }
}

/** A file's one number; `max` is the greatest there is, as containerd reports it. */
export function readNumber(directory: string | undefined, file: string): number {
  const text = readText(directory, file);
  return text === 'max' ? Number(0xffff_ffff_ffff_ffffn) : Number(text) || 0;
}

/** A file of `name value` lines. */
export function readTable(directory: string | undefined, file: string): Readonly<Record<string, number>> {
  const table: Record<string, number> = {};
  for (const line of readText(directory, file).split('\n')) {
    const [name, value] = line.split(' ');
    if (name && value !== undefined) table[name] = Number(value);
  }
  return table;
}
