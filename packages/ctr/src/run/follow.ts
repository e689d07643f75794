/** Starts a process whose streams are open, and stays with it: signals, the terminal's size, the end. */
import { constants } from 'node:os';
import { isKind } from '@drydock/rpc/errors';
import type { Supervisor } from '../context.ts';
import type { Streams } from './streams.ts';

export interface ProcessId {
  readonly containerId: string;
  /** '' for the container's init. */
  readonly execId: string;
}

const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** Starts it and answers its exit code; 0 at once when detached. */
export async function followTask(
  supervisor: Supervisor,
  id: ProcessId,
  streams: Streams,
  detach: boolean,
): Promise<number> {
  await supervisor.tasks.start(id);
  streams.started();
  return detach ? 0 : stayWith(supervisor, id, streams);
}

/** Stays with a running process until its end, and deletes it; answers its exit code. */
export async function stayWith(supervisor: Supervisor, id: ProcessId, streams: Streams): Promise<number> {
  const exited = supervisor.tasks.wait(id);
  void streams.inputEnded.then(
    () => supervisor.tasks.closeIO({ ...id, stdin: true }).catch(() => {}),
    () => {},
  );
  const stop = streams.paths.terminal ? await followSize(supervisor, id) : forwardSignals(supervisor, id);
  const { exitStatus } = await exited;
  await streams.outputEnded;
  stop();
  if (id.execId === '') await supervisor.tasks.delete({ containerId: id.containerId });
  else await supervisor.tasks.deleteProcess(id);
  return exitStatus;
}

/** Gives the terminal our size, now and when it changes. */
async function followSize(supervisor: Supervisor, id: ProcessId): Promise<() => void> {
  const resize = async (): Promise<void> => {
    const { columns: width = 0, rows: height = 0 } = process.stdout;
    if (width > 0 && height > 0) await supervisor.tasks.resizePty({ ...id, width, height }).catch(() => {});
  };
  await resize();
  process.stdout.on('resize', resize);
  return () => process.stdout.removeListener('resize', resize);
}

function forwardSignals(supervisor: Supervisor, id: ProcessId): () => void {
  const forward = (name: NodeJS.Signals): void => {
    void supervisor.tasks.kill({ ...id, signal: constants.signals[name] }).catch((error: unknown) => {
      if (!isKind(error, 'not found')) console.error(`drydock-ctr: forward ${name}: ${(error as Error).message}`);
    });
  };
  for (const name of forwarded) process.on(name, forward);
  return () => {
    for (const name of forwarded) process.removeListener(name, forward);
  };
}
