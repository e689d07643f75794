/** The client's side of a process's streams: it makes the FIFOs, and copies between them and its own stdio. */
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { mkfifo } from '@drydock/linux/fifo';

export interface StreamOptions {
  readonly terminal: boolean;
  /** All of them /dev/null. */
  readonly detached: boolean;
}

export interface Streams {
  /** What Tasks.Create and Exec ask for. */
  readonly paths: {
    readonly stdin: string;
    readonly stdout: string;
    readonly stderr: string;
    readonly terminal: boolean;
  };
  /** Says that the process has opened its ends. */
  started(): void;
  /** Resolves when our own input has ended and all of it is in the FIFO. */
  readonly inputEnded: Promise<void>;
  /** Resolves when the process's output has ended. */
  readonly outputEnded: Promise<unknown>;
  close(): void;
}

/** Makes the FIFOs in a folder of their own, and opens our ends before the process is there. */
export function openStreams(folder: string, id: string, { terminal, detached }: StreamOptions): Streams {
  if (detached) {
    const paths = { stdin: '', stdout: '', stderr: '', terminal };
    return { paths, inputEnded: Promise.resolve(), outputEnded: Promise.resolve(), started: () => {}, close: () => {} };
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const directory = mkdtempSync(join(folder, 'c'));
  const fifo = (name: string): string => {
    const path = join(directory, `${id}-${name}`);
    mkfifo(path);
    return path;
  };
  const paths = { stdin: fifo('stdin'), stdout: fifo('stdout'), stderr: terminal ? '' : fifo('stderr'), terminal };
  const outputs = [copyOut(paths.stdout, process.stdout), ...(terminal ? [] : [copyOut(paths.stderr, process.stderr)])];
  const restore = terminal && process.stdin.isTTY ? makeRaw() : () => {};
  const input = copyIn(paths.stdin);
  return {
    paths,
    started: input.started,
    inputEnded: input.ended,
    outputEnded: Promise.all(outputs),
    close: () => {
      input.stop();
      restore();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function copyOut(path: string, target: NodeJS.WriteStream): Promise<void> {
  const socket = new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  socket.pipe(target, { end: false });
  return new Promise((resolve) => socket.once('close', resolve));
}

function copyIn(path: string): { readonly ended: Promise<void>; started(): void; stop(): void } {
  // What is written before the process is there stays in the pipe only while somebody could read it.
  let holder: number | undefined = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const started = (): void => {
    if (holder !== undefined) closeSync(holder);
    holder = undefined;
  };
  const ended = new Promise<void>((resolve, reject) => {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.once('error', reject);
    socket.once('close', resolve);
    process.stdin.pipe(socket);
  });
  return {
    ended,
    started,
    stop: () => {
      started();
      process.stdin.unpipe();
      process.stdin.destroy();
    },
  };
}

function makeRaw(): () => void {
  process.stdin.setRawMode(true);
  return () => process.stdin.setRawMode(false);
}
