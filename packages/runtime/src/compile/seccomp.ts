/** Loads a compiled seccomp filter (seccomp(2)). */
import { errnoText } from '@drydock/linux/errno';
import { Memory } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import type { Host } from './host.ts';

const setModeFilter = { value: 1, text: 'SECCOMP_SET_MODE_FILTER' };

/** From here on the filter judges every call of the process, those of this program too. */
export function compileSeccomp(program: Program, { filter, flags }: NonNullable<Host['seccomp']>): void {
  program.field('linux.seccomp');
  const count = filter.length / 8;
  const instructions = new Memory(`{${count} instructions}`, filter);
  const description = new Memory(`{${count} instructions}`, 16, [
    [0, count],
    [8, instructions],
  ]);
  program.call('seccomp', [setModeFilter, flags, description], {
    failure: (errno) => `unable to init seccomp: error loading seccomp filter into kernel: ${errnoText(errno)}`,
  });
}
