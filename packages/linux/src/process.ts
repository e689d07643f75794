/** Processes seen from outside: subreaper, waiting, signals, start times (prctl(2), wait4(2), proc_pid_stat(5)). */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Errno } from './errno.ts';
import { SyscallError, syscall, trySyscall } from './syscall.ts';

const prSetPdeathsig = 1;
const prSetName = 15;
const prSetChildSubreaper = 36;
const wnohang = 1;

/** Makes orphans below this process its children, instead of init's. */
export function setSubreaper(): void {
  syscall('prctl', [prSetChildSubreaper, 1, 0, 0, 0], 'prctl PR_SET_CHILD_SUBREAPER');
}

/** Names this process in /proc/self/comm: at most 15 bytes are kept. */
export function setProcessName(name: string): void {
  syscall('prctl', [prSetName, name, 0, 0, 0], 'prctl PR_SET_NAME');
}

/**
 * Changes the command line that `ps` shows of this process, by writing over its arguments in memory: no more than there is
 * room for, so what matters most comes first (proc_pid_cmdline(5)).
 */
export function setCommandLine(args: readonly string[]): void {
  const fields = statFields('self') ?? [];
  const [start, end] = [Number(fields[45]), Number(fields[46])];
  const room = end - start;
  const line = Buffer.alloc(room);
  line.write(args.join('\0'), 0, room - 1);
  const memory = openSync('/proc/self/mem', 'r+');
  try {
    writeSync(memory, line, 0, room, start);
  } finally {
    closeSync(memory);
  }
}

/** The signal that this process gets when its parent dies. */
export function setParentDeathSignal(signal: number): void {
  syscall('prctl', [prSetPdeathsig, signal, 0, 0, 0], 'prctl PR_SET_PDEATHSIG');
}

/** The parent, as it is now (getppid(2)): another one after its death. */
export function parentPid(): number {
  return syscall('getppid', []);
}

/** How a child ended: its exit code, or 128 plus the signal that killed it. */
export interface WaitStatus {
  readonly pid: number;
  readonly exitStatus: number;
}

/**
 * Reaps one child if it has ended. Never waits, and never takes any child but this one: the engine reaps its own.
 * Answers `undefined` while it runs; throws SyscallError ECHILD if it is not a child of ours.
 */
export function reap(pid: number): WaitStatus | undefined {
  const status = Buffer.alloc(4);
  const result = syscall('wait4', [pid, status, wnohang, null], `wait for process ${pid}`);
  if (result === 0) return undefined;
  const word = status.readUInt32LE(0);
  const signal = word & 0x7f;
  return { pid, exitStatus: signal === 0 ? (word >> 8) & 0xff : 128 + signal };
}

/** Sends a signal; answers false if there is no such process. Signal 0 only asks. */
export function sendSignal(pid: number, signal: number): boolean {
  const result = trySyscall('kill', pid, signal);
  if (result === -Errno.ESRCH) return false;
  if (result < 0) throw new SyscallError(`kill ${pid} with signal ${signal}`, -result);
  return true;
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  const fields = statFields(pid);
  return fields !== undefined && fields[0] !== 'Z' && fields[0] !== 'X';
}

/** When a process started, in clock ticks since boot: with the pid, it names a process for ever. */
export function startTime(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields === undefined ? undefined : Number(fields[19]);
}

/** The parent of a process. */
export function parentOf(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields === undefined ? undefined : Number(fields[1]);
}

/** The fields of /proc/PID/stat from the third (state) on: the second may itself hold spaces and parentheses. */
function statFields(pid: number | 'self'): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
