/** One process of a container, its init or an exec: its state, its streams, how it ended. */
import { readFileSync } from 'node:fs';
import { RpcError } from '@drydock/rpc/errors';
import { Status } from '@drydock/rpc/generated/task_types';
import { zeroTime } from '@drydock/rpc/timestamp';
import type { Exit } from '../exits.ts';
import { openStdio, type Stdio, type StdioContext, type StdioPaths } from '../stdio/stdio.ts';
import { openTerminal, type Terminal } from '../stdio/terminal.ts';

/** A process, from its creation until it is deleted. */
export class TaskProcess {
  /** '' for the container's init. */
  readonly execId: string;
  readonly paths: StdioPaths;
  pid = 0;
  status: number = Status.CREATED;
  exit: Exit | undefined;
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>;
  /** Settles when `start` has succeeded or failed: nothing of the exit may be told before. */
  started: Promise<void> = Promise.resolve();
  #resolveExit!: (exit: Exit) => void;
  #stdio: Stdio | undefined;

  constructor(execId: string, paths: StdioPaths) {
    this.execId = execId;
    this.paths = paths;
    this.exited = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
  }

  /** Opens the streams. Close them with {@link closeStreams}. */
  async openStreams(context: StdioContext): Promise<Stdio & Partial<Terminal>> {
    const stdio: Stdio & Partial<Terminal> = this.paths.terminal
      ? openTerminal(this.paths)
      : await openStdio(this.paths, context);
    this.#stdio = stdio;
    return stdio;
  }

  /** Waits until a terminal's output is copied, but no longer than the given milliseconds; then closes the streams. */
  async finishStreams(milliseconds: number): Promise<void> {
    const { copied } = (this.#stdio ?? {}) as Partial<Terminal>;
    if (copied !== undefined) await withinTime(copied, milliseconds);
    this.#stdio?.close();
  }

  closeStdin(): void {
    this.#stdio?.closeStdin();
  }

  resize(width: number, height: number): void {
    (this.#stdio as Partial<Terminal> | undefined)?.resize?.(width, height);
  }

  /** Marks the process as ended and tells those who wait. */
  end(exit: Exit): void {
    this.exit = exit;
    this.status = Status.STOPPED;
    this.#stdio?.ended();
    this.#resolveExit(exit);
  }

  get running(): boolean {
    return this.status === Status.RUNNING;
  }

  /** What the task service says of an exit: zero and Go's zero time while there is none. */
  get exitFields(): Exit {
    return this.exit ?? { exitStatus: 0, exitedAt: zeroTime };
  }
}

async function withinTime(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => {}), over]);
  clearTimeout(timer);
}

/** The pid that a runtime has written to its `--pid-file`. */
export function readPidFile(path: string): number {
  const pid = Number(readFileSync(path, 'utf8'));
  if (!Number.isInteger(pid) || pid <= 0) throw new RpcError('unknown', `pid file ${path} holds no pid`);
  return pid;
}
