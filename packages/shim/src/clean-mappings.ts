/** Which parts of this process's memory are nothing but files, and can be let go of: they are mapped again when needed. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** A range of addresses, in bytes. */
export interface Mapping {
  readonly start: bigint;
  readonly size: bigint;
}

/** Of what /proc/self/pagemap has an entry for, in bytes. Where it is another one, the program stays as it is. */
const pageSize = 4096;
/** Bytes that /proc/self/pagemap has for a page. In the last of them: it is there, it was swapped out, it is a file's. */
const entrySize = 8;
const presence = { present: 0x80, swapped: 0x40, file: 0x20 };

/**
 * Mappings of program files that cannot be written to and of which no page is ours alone (proc_pid_smaps(5)), and the program
 * in its executable; the largest last, since what comes after it is mapped again.
 */
export function cleanMappings(): Mapping[] {
  const mappings: Mapping[] = [];
  let current: Mapping | undefined;
  let executable: string | undefined;
  let data: Mapping | undefined;
  let isKnownSize = false;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const header = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/.exec(line);
    if (header !== null) {
      const [, from = '', to = '', access = '', file = ''] = header;
      executable ??= file;
      const start = BigInt(`0x${from}`);
      const mapping = { start, size: BigInt(`0x${to}`) - start };
      current = /^r-.p$/.test(access) && file.startsWith('/') ? mapping : undefined;
      if (access === 'rw-p' && file === executable) data = mapping;
    } else if (/^KernelPageSize: +4 kB/.test(line)) isKnownSize = true;
    else if (current !== undefined && /^Anonymous: +0 kB/.test(line)) mappings.push(current);
  }
  if (data !== undefined && isKnownSize) mappings.push(unwrittenEnd(data));
  return mappings.sort((one, other) => Number(one.size - other.size));
}

/**
 * The end of a mapping that can be written to, from the first page of the file behind the last page that was: in the last one
 * of an executable that is the section with our program, which is only read (proc_pid_pagemap(5)).
 */
function unwrittenEnd({ start, size }: Mapping): Mapping {
  const pages = Number(size) / pageSize;
  const entries = Buffer.alloc(pages * entrySize);
  const fd = openSync('/proc/self/pagemap', 'r');
  try {
    readSync(fd, entries, 0, entries.length, (start / BigInt(pageSize)) * BigInt(entrySize));
  } finally {
    closeSync(fd);
  }
  let first = pages;
  for (let page = pages - 1; page >= 0; page -= 1) {
    const flags = entries[(page + 1) * entrySize - 1] ?? 0;
    const isFile = (flags & presence.file) !== 0;
    if ((flags & presence.swapped) !== 0 || ((flags & presence.present) !== 0 && !isFile)) break;
    if (isFile) first = page;
  }
  const skipped = BigInt(first * pageSize);
  return { start: start + skipped, size: size - skipped };
}
