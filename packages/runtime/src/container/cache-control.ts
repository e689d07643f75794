/** A container's group of cache and memory bandwidth control (kernel: Documentation/arch/x86/resctrl.rst). */
import { exists, writeExisting } from '@drydock/linux/disk';
import { Failure } from '../failure.ts';

const root = '/sys/fs/resctrl';

/** The lines to write for the schemas given. Throws {@link Failure} if the machine has no such control. */
export function cacheSchemata(cache: string | undefined, bandwidth: string | undefined): readonly string[] {
  if (cache && !exists(`${root}/info/L3`)) throw new Failure('Intel RDT/CAT: l3 cache schema is not enabled');
  if (bandwidth && !exists(`${root}/info/MB`))
    throw new Failure('Intel RDT/MBA: memory bandwidth schema is not enabled');
  return [cache ?? '', bandwidth ?? ''].filter((line) => line !== '');
}

/** Writes them to the group that has the container's name. */
export function writeSchemata(id: string, lines: readonly string[]): void {
  for (const line of lines) writeExisting(`${root}/${id}/schemata`, `${line}\n`);
}
