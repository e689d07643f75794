/** Loads a compiled seccomp filter (seccomp(2)). */
import { errnoText } from '@drydock/linux/errno';
import { Memory, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Host } from './host.ts';
import { awaitParent, tellListener } from './sync.ts';

const setModeFilter = { value: 1, text: 'SECCOMP_SET_MODE_FILTER' };

/** What the kernel answers a descriptor to, that calls are reported on (seccomp_unotify(2)). */
export const newListener = 8;

/**
 * From here on the filter judges every call of the process, those of this program too. If it reports calls, whoever is to
 * hear of them gets the descriptor before the process goes on.
 */
export function compileSeccomp(program: Program, { seccomp, descriptors }: Host): void {
  if (seccomp === undefined) return;
  const { filter, flags } = seccomp;
  program.field('linux.seccomp');
  const count = filter.length / 8;
  const instructions = new Memory(`{${count} instructions}`, filter);
  const description = new Memory(`{${count} instructions}`, 16, [
    [0, count],
    [8, instructions],
  ]);
  const listener = flags & newListener ? new Slot('listener') : undefined;
  program.call('seccomp', [setModeFilter, flags, description], {
    ...(listener ? { store: listener } : {}),
    failure: (errno) => `unable to init seccomp: error loading seccomp filter into kernel: ${errnoText(errno)}`,
  });
  if (listener === undefined || descriptors.go === undefined) return;
  tellListener(program, descriptors.report, listener);
  awaitParent(program, descriptors.go);
  program.call('close', [descriptors.go]);
  program.call('close', [listener]);
}
