/** Stays with a process in the foreground: hands signals on to it, and answers its exit code. */
import { signalName } from '@drydock/linux/signals';
import { reapChild, signalProcess } from './process.ts';

/** Signals that say something about this process, or that JavaScript engines use. */
const own = new Set([
  'SIGCHLD',
  'SIGKILL',
  'SIGSTOP',
  'SIGURG',
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGPROF',
  'SIGABRT',
]);

/** Waits for a child. Signals that come before it ends are sent to it; `except` are the caller's. */
export async function stayWith(pid: number, except: readonly string[] = []): Promise<number> {
  for (let number = 1; number <= 31; number++) {
    const name = signalName(number);
    if (!own.has(name) && !except.includes(name)) listen(name, () => signalProcess(pid, number));
  }
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setInterval> | undefined;
    const look = () => {
      const code = reapChild(pid);
      if (code === undefined) return;
      clearInterval(timer);
      resolve(code);
    };
    listen('SIGCHLD', look);
    // The signal may have come before anybody listened.
    timer = setInterval(look, 50);
    look();
  });
}

function listen(name: string, handler: () => void): void {
  try {
    process.on(name as NodeJS.Signals, handler);
  } catch {
    // The engine keeps this signal to itself: then it is not handed on.
  }
}
