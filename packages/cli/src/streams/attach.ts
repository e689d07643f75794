/** Our stdio and a hijacked connection, joined until the container's output ends or the keys to leave are pressed. */
import type { Hijacked } from '../api/hijack.ts';
import { demultiplex } from './demultiplex.ts';
import { detachScanner, parseDetachKeys } from './detach-keys.ts';
import { rawInput } from './terminal.ts';

export interface AttachOptions {
  readonly tty: boolean;
  /** Pass our input on. */
  readonly stdin: boolean;
  /** Keys that leave, such as `ctrl-p,ctrl-q`. */
  readonly detachKeys?: string | undefined;
}

/** How the streams ended: with the container's output, or with the keys. */
export type Ending = 'end' | 'detached';

/** Joins the streams. */
export async function joinStreams({ socket }: Hijacked, { tty, stdin, detachKeys }: AttachOptions): Promise<Ending> {
  const restore = tty && stdin ? rawInput() : () => {};
  const output = (tty ? copyRaw(socket) : demultiplex(socket, process.stdout, process.stderr)).then(
    (): Ending => 'end',
  );
  const detached = stdin ? copyInput(socket, tty ? parseDetachKeys(detachKeys || 'ctrl-p,ctrl-q') : []) : undefined;
  try {
    return await Promise.race(detached === undefined ? [output] : [output, detached]);
  } finally {
    restore();
    process.stdin.unref?.();
    process.stdin.pause();
    socket.destroy();
  }
}

async function copyRaw(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of source) process.stdout.write(chunk);
}

/** Passes our input on and half-closes at its end. Resolves only when the keys to leave were pressed. */
function copyInput(socket: Hijacked['socket'], keys: readonly number[]): Promise<Ending> {
  const scan = detachScanner(keys);
  return new Promise((resolve) => {
    process.stdin.on('data', (chunk: Buffer) => {
      const { data, detached } = keys.length === 0 ? { data: chunk, detached: false } : scan(chunk);
      if (data.length > 0 && !socket.write(data)) {
        process.stdin.pause();
        socket.once('drain', () => process.stdin.resume());
      }
      if (detached) resolve('detached');
    });
    process.stdin.once('end', () => socket.end());
    socket.on('error', () => {});
    process.stdin.resume();
  });
}
