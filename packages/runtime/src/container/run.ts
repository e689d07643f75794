/** Runs a container from its making to its end. */
import { syscall } from '@drydock/linux/syscall';
import { Container } from './container.ts';
import { type CreateOptions, createContainer } from './create.ts';
import { deleteContainer } from './delete.ts';
import { stayWith } from './foreground.ts';
import { startContainer } from './start.ts';
import { OwnTerminal } from './terminal.ts';

const prSetChildSubreaper = 36;

export interface RunOptions extends CreateOptions {
  /** Leave as soon as the command runs. */
  readonly detach: boolean;
  /** Leave the state of the ended container. */
  readonly keep: boolean;
  /** Adopt the container's orphans, so that none is left over. */
  readonly subreaper: boolean;
}

/** Answers the command's exit code, or 0 if detached. */
export async function runContainer(options: RunOptions): Promise<number> {
  const { detach, keep, subreaper, log, spec } = options;
  if (!detach && subreaper) syscall('prctl', [prSetChildSubreaper, 1, 0, 0, 0]);
  const terminal = !detach && spec.process?.terminal ? OwnTerminal.open() : undefined;
  try {
    const container = await createAndStart(terminal ? { ...options, console: terminal.socket } : options, terminal);
    if (detach) return 0;
    const code = await stayWith(container.pid, terminal ? ['SIGWINCH'] : []);
    await terminal?.drain();
    if (!keep) await deleteContainer(container, { force: true, log });
    return code;
  } finally {
    terminal?.close();
  }
}

async function createAndStart(options: RunOptions, terminal: OwnTerminal | undefined): Promise<Container> {
  const { root, id, log, observer } = options;
  try {
    await createContainer(options);
    const container = Container.load(root, id);
    try {
      observer?.beforeStart?.(container.pid);
      terminal?.attach();
      await startContainer(container);
      observer?.mark?.('start');
    } catch (error) {
      await deleteContainer(container, { force: true, log });
      throw error;
    }
    return container;
  } finally {
    observer?.done();
  }
}
