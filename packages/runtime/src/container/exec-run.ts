/** Runs a process in a container, and stays with it unless detached. */
import type { Container } from './container.ts';
import { type ExecOptions, execInContainer } from './exec.ts';
import { stayWith } from './foreground.ts';
import { OwnTerminal } from './terminal.ts';

/** Answers its exit code, or 0 if detached. */
export async function runInContainer(
  container: Container,
  options: ExecOptions & { readonly detach: boolean },
): Promise<number> {
  const terminal = !options.detach && options.process.terminal ? OwnTerminal.open() : undefined;
  try {
    const pid = await execInContainer(container, terminal ? { ...options, console: terminal.socket } : options);
    if (options.detach) return 0;
    terminal?.attach();
    const code = await stayWith(pid, terminal ? ['SIGWINCH'] : []);
    await terminal?.drain();
    return code;
  } finally {
    terminal?.close();
  }
}
