/**
 * How child and parent speak while a process is made:
 *
 *     child                                   parent
 *     {0, mappings} on the report pipe ─────▶ writes what ids of the host the ids of the user namespace are
 *     read of the go pipe            ◀─────── a byte
 *     clone: another child goes on
 *     {1, its pid}                   ───────▶ follows that one, which may report before
 *     {0, hooks}                     ───────▶ runs the hooks that want the namespaces, not yet the root
 *     read of the go pipe            ◀─────── a byte
 *     {4, a descriptor}              ───────▶ takes the seccomp listener, and sends it on
 *     read of the go pipe            ◀─────── a byte
 *     {0, ready}                     ───────▶ state, pid file, exit code 0
 *     read of the exec FIFO          ◀─────── `start`: what it has found out about the command
 *     execve
 *
 * There is no FIFO for exec: the pipe's end, at execve or at the child's death, is what its parent waits for last.
 * The first three are for what needs two children: see namespaces.ts. The listener's are where the filter is loaded. A failure
 * is {address of the operation, negated errno} instead; the end of the pipe is the child's death.
 */
import { Memory, Slot } from '@drydock/linux/program/operation';
import type { Program } from '@drydock/linux/program/program';

/** What the second word of a message is when the first is 0. */
export const milestones = { hooks: 1, ready: 2, mappings: 3 } as const;
/** The first word of a message whose second is the pid of the child that goes on; no operation has such an address. */
export const pidMessage = 1;
/** Of one whose second word is the number that the child has a seccomp listener under. */
export const listenerMessage = 4;
export const messageBytes = 16;

const named = (value: number, name: string) => ({ value, text: `<${name}>` });
/** The pipes to and from the runtime, and the FIFO, as a plan shows them. */
const reportPipe = (descriptor: number) => named(descriptor, 'report pipe');
const goPipe = (descriptor: number) => named(descriptor, 'go pipe');
const execFifo = (descriptor: number) => named(descriptor, 'exec.fifo');

/** Tells the parent that a milestone is reached. */
export function tellParent(program: Program, report: number, milestone: keyof typeof milestones): void {
  const message = new Memory(`{${milestone}}`, messageBytes, [[8, milestones[milestone]]]);
  program.call('write', [reportPipe(report), message, messageBytes], { failure: 'tell the runtime' });
}

/** Tells the parent of a descriptor of this process. */
export function tellListener(program: Program, report: number, listener: Slot): void {
  const message = new Memory('{listener}', messageBytes, [
    [0, listenerMessage],
    [8, listener],
  ]);
  program.call('write', [reportPipe(report), message, messageBytes], { failure: 'tell the runtime' });
}

/** Tells the parent which process it has to follow from here on. */
export function tellPid(program: Program, report: number, pid: Slot): void {
  const message = new Memory('{pid}', messageBytes, [
    [0, pidMessage],
    [8, pid],
  ]);
  program.call('write', [reportPipe(report), message, messageBytes], { failure: 'tell the runtime' });
}

/** The last that the parent hears: it is ready, and its end of the pipe is closed. */
export function tellReady(program: Program, report: number): void {
  tellParent(program, report, 'ready');
  program.call('close', [reportPipe(report)]);
}

/** Waits until the parent has done its part; if it is gone, so is the child. */
export function awaitParent(program: Program, go: number): void {
  const told = program.label();
  program.call('read', [goPipe(go), new Memory('byte', 8), 1], { onPositive: told, failure: 'wait for the runtime' });
  program.call('exit_group', [1]);
  program.place(told);
}

/**
 * Waits for `start`, which writes the end of the line that standard error gets if the command cannot be executed: what it
 * has found out about the command, or only the line's end. Answers where that is, and how long.
 */
export function awaitStart(program: Program, fifo: number): { readonly finding: Memory; readonly length: Slot } {
  const finding = new Memory('finding', 2048);
  const length = new Slot('length of the finding');
  // The FIFO is open for writing too, so that the read does not end while there is no writer.
  program.call('read', [execFifo(fifo), finding, finding.bytes.length], { store: length });
  program.call('close', [execFifo(fifo)]);
  return { finding, length };
}
