/** Restores a container, and stays with it to its end unless detached. */
import { syscall } from '@drydock/linux/syscall';
import { Container } from '../container/container.ts';
import { deleteContainer } from '../container/delete.ts';
import { stayWith } from '../container/foreground.ts';
import { OwnTerminal } from '../container/terminal.ts';
import { type RestoreOptions, restoreContainer } from './restore.ts';

const prSetChildSubreaper = 36;

/** Answers the command's exit code, or 0 if detached. */
export async function runRestored(
  options: RestoreOptions & { readonly detach: boolean; readonly subreaper: boolean },
): Promise<number> {
  const { root, id, detach, subreaper, spec, log } = options;
  if (!detach && subreaper) syscall('prctl', [prSetChildSubreaper, 1, 0, 0, 0]);
  const terminal = !detach && spec.process?.terminal ? OwnTerminal.open() : undefined;
  try {
    const { pid } = await restoreContainer(terminal ? { ...options, console: terminal.socket } : options);
    if (detach) return 0;
    terminal?.attach();
    const code = await stayWith(pid, terminal ? ['SIGWINCH'] : []);
    await terminal?.drain();
    await deleteContainer(Container.load(root, id), { force: true, log });
    return code;
  } finally {
    terminal?.close();
  }
}
