/** Processes seen from outside, through /proc and system calls alone (proc_pid_stat(5), kill(2), pidfd_open(2)). */
import { readTextIfPresent } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError, syscall, trySyscall } from '@drydock/linux/syscall';

export interface ProcessStat {
  /** As prctl(2) PR_SET_NAME or the last execve has named it. */
  readonly name: string;
  /** One letter, such as `S` or `Z` for a zombie. */
  readonly state: string;
  /** Clock ticks since boot. */
  readonly startTime: number;
}

/** What the kernel says of a process; undefined if there is none. */
export function processStat(pid: number): ProcessStat | undefined {
  if (pid <= 0) return undefined;
  let text: string | undefined;
  try {
    text = readTextIfPresent(`/proc/${pid}/stat`);
  } catch (error) {
    // It ended between opening and reading.
    if (!(error instanceof SyscallError && error.errno === Errno.ESRCH)) throw error;
  }
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return { name: text.slice(text.indexOf('(') + 1, end), state: fields[0] ?? '', startTime: Number(fields[19]) };
}

/** What the kernel says of a process that lives and was started at that time; undefined if there is none. */
export function livingProcess(pid: number, startTime: number): ProcessStat | undefined {
  const stat = processStat(pid);
  return stat?.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X' ? stat : undefined;
}

/** Sends a signal; answers false if there is no such process. */
export function signalProcess(pid: number, signal: number): boolean {
  // 0 would be this process's own group.
  if (pid <= 0) return false;
  const result = trySyscall('kill', pid, signal);
  if (result === -Errno.ESRCH) return false;
  if (result < 0) throw new SyscallError('unable to signal init', -result);
  return true;
}

/** A descriptor of a process, closed on exec. */
export function openProcess(pid: number): number {
  return syscall('pidfd_open', [pid, 0], `open process ${pid}`);
}

/** How a child ended: its exit code, or 128 and the signal's number. */
export function exitCodeOf(status: Uint8Array): number {
  const word = (status[0] ?? 0) | ((status[1] ?? 0) << 8);
  const signal = word & 0x7f;
  return signal === 0 ? word >> 8 : 128 + signal;
}

/** Waits for a child; answers its exit code. */
export function waitForChild(pid: number): number {
  const status = new Uint8Array(4);
  syscall('wait4', [pid, status, 0, null], `wait for process ${pid}`);
  return exitCodeOf(status);
}

/** The exit code of a child if it has ended; undefined if it runs. */
export function reapChild(pid: number): number | undefined {
  const [status, noHang] = [new Uint8Array(4), 1];
  return syscall('wait4', [pid, status, noHang, null], `wait for process ${pid}`) === 0
    ? undefined
    : exitCodeOf(status);
}
