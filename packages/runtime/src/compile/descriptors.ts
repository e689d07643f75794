/** Descriptors, session and stdio of the process. */
import { Errno } from '@drydock/linux/errno';
import { Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';
import { AT_FDCWD, flags, O } from './constants.ts';
import type { Host } from './host.ts';

const closeRangeCloexec = { value: 4, text: 'CLOSE_RANGE_CLOEXEC' };
const highest = { value: 0xffffffff, text: '~0' };

/** The process leads a session of its own. */
export function compileSession(program: Program): void {
  program.stage('session');
  // EPERM: it is a process group's leader already, as a first process of a joined namespace can be.
  program.call('setsid', [], { tolerate: [Errno.EPERM] });
}

/** Closes everything that the stages so far have opened: from here on none of it leads out of the root (CVE-2024-21626). */
export function closeAllBut(program: Program, keep: readonly (number | undefined)[], preserved: number): void {
  program.stage('descriptors');
  const kept = keep.filter((descriptor) => descriptor !== undefined).sort((a, b) => a - b);
  let from = preserved;
  for (const descriptor of kept) {
    if (descriptor > from) program.call('close_range', [from, descriptor - 1, 0]);
    from = descriptor + 1;
  }
  program.call('close_range', [from, highest, 0]);
}

/** The command gets stdio and the preserved descriptors. */
export function markCloseOnExec(program: Program, preserved: number): void {
  program.stage('descriptors');
  program.call('close_range', [preserved, highest, closeRangeCloexec]);
}

/** Stdio that is the host's /dev/null becomes the container's. */
export function compileNullDevices(program: Program, { stdio }: Host): void {
  const descriptors = stdio.flatMap((file, descriptor) => (file.null ? [descriptor] : []));
  if (descriptors.length === 0) return;
  program.stage('descriptors');
  const device = new Slot('/dev/null');
  const absent = program.label();
  program.call('openat', [AT_FDCWD, '/dev/null', flags(O.O_RDWR, O.O_NOFOLLOW, O.O_CLOEXEC), 0], {
    store: device,
    tolerate: 'any',
    onError: absent,
  });
  for (const descriptor of descriptors) program.call('dup3', [device, descriptor, 0]);
  program.call('close', [device]);
  program.place(absent);
}
