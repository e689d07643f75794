/** Stays with a container that is started in the foreground: its streams, its signals, its exit code. */
import type { Engine } from '../api/client.ts';
import { hijack } from '../api/hijack.ts';
import { joinStreams } from '../streams/attach.ts';
import { followSize } from '../streams/terminal.ts';

export interface FollowOptions {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly autoRemove: boolean;
  readonly detachKeys?: string | undefined;
  /** What sets it going, once attach and wait are open. */
  readonly start: () => Promise<void>;
}

/** Attaches, waits, starts, joins the streams. Answers the exit code; 0 if the user detached. */
export async function followContainer(engine: Engine, id: string, options: FollowOptions): Promise<number> {
  const { tty, stdin, stdout, stderr, autoRemove, detachKeys, start } = options;
  const query = { stream: 1, stdin, stdout, stderr, ...(detachKeys === undefined ? {} : { detachKeys }) };
  const connection = await hijack(engine, `/containers/${id}/attach`, { query });
  const leaving = new AbortController();
  const ended = waitFor(engine, id, autoRemove ? 'removed' : 'next-exit', leaving.signal);
  ended.catch(() => {});
  try {
    await start();
  } catch (error) {
    leaving.abort();
    connection.socket.destroy();
    throw error;
  }
  const stop = tty ? await followSize(engine, `/containers/${id}`) : forwardSignals(engine, id);
  try {
    const ending = await joinStreams(connection, { tty, stdin, detachKeys });
    if (ending === 'detached') {
      leaving.abort();
      return 0;
    }
    return await ended;
  } finally {
    stop();
  }
}

/** Waits for a container to end, and answers its exit code. */
export async function waitFor(engine: Engine, id: string, condition?: string, signal?: AbortSignal): Promise<number> {
  const options = { query: { condition }, ...(signal === undefined ? {} : { signal }) };
  const answer = await engine.json<{ StatusCode: number; Error?: { Message: string } | null }>(
    'POST',
    `/containers/${id}/wait`,
    options,
  );
  if (answer.Error?.Message) throw new Error(answer.Error.Message);
  return answer.StatusCode;
}

/** Signals that are passed on to the container. */
const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

function forwardSignals(engine: Engine, id: string): () => void {
  const forward = (name: NodeJS.Signals): void => {
    engine.send('POST', `/containers/${id}/kill`, { query: { signal: name.slice(3) } }).catch(() => {});
  };
  for (const name of forwarded) process.on(name, forward);
  return () => {
    for (const name of forwarded) process.off(name, forward);
  };
}
