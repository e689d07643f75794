/** The client's side of a process's streams: it makes the FIFOs, and copies between them and its own stdio. */
import { closeSync, constants, lstatSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { mkfifo } from '@drydock/linux/fifo';

export interface StreamOptions {
  readonly terminal: boolean;
  /** All of them /dev/null. */
  readonly none?: boolean;
  /** Nobody copies: the FIFOs stay for somebody who attaches later. */
  readonly detached?: boolean;
  /** Where all output goes instead: `file://PATH`, `binary://PROGRAM`. */
  readonly logUri?: string;
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
export function openStreams(folder: string, id: string, options: StreamOptions): Streams {
  const { terminal, none = false, detached = false, logUri = '' } = options;
  if (logUri !== '') return idle({ stdin: '', stdout: logUri, stderr: terminal ? '' : logUri, terminal });
  if (none) return idle({ stdin: '', stdout: '', stderr: '', terminal });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const directory = mkdtempSync(join(folder, 'c'));
  const fifo = (name: string): string => {
    const path = join(directory, `${id}-${name}`);
    mkfifo(path);
    return path;
  };
  const paths = { stdin: fifo('stdin'), stdout: fifo('stdout'), stderr: terminal ? '' : fifo('stderr'), terminal };
  return detached ? held(paths) : attachStreams(paths, () => rmSync(directory, { recursive: true, force: true }));
}

/** Streams that nobody copies. */
function idle(paths: Streams['paths']): Streams {
  const ended = Promise.resolve();
  return { paths, inputEnded: ended, outputEnded: ended, started: () => {}, close: () => {} };
}

/** FIFOs that a shim can open, although nobody copies: both ends are open until it has. */
function held(paths: Streams['paths']): Streams {
  const fifos = [paths.stdin, paths.stdout, paths.stderr].filter(Boolean);
  const descriptors = fifos.map((path) => openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
  return { ...idle(paths), close: () => descriptors.forEach((fd) => void closeSync(fd)) };
}

/** Copies between FIFOs and our own stdio. */
export function attachStreams(paths: Streams['paths'], cleanUp: () => void = () => {}): Streams {
  const outputs = [
    ...(paths.stdout === '' ? [] : [copyOut(paths.stdout, process.stdout)]),
    ...(paths.stderr === '' || paths.terminal ? [] : [copyOut(paths.stderr, process.stderr)]),
  ];
  const restore = paths.terminal && process.stdin.isTTY ? makeRaw() : () => {};
  const input = copyIn(paths.stdin);
  return {
    paths,
    started: input.started,
    inputEnded: input.ended,
    outputEnded: Promise.all(outputs),
    close: () => {
      input.stop();
      restore();
      cleanUp();
    },
  };
}

/** Removes the FIFOs that a client made for a process. */
export function removeFifos(paths: readonly string[]): void {
  const [path] = paths.filter((each) => each !== '' && !each.includes('://'));
  if (path !== undefined && lstatSync(path, { throwIfNoEntry: false })?.isFIFO())
    rmSync(dirname(path), { recursive: true });
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
