/**
 * The pipes of one process: named pipes that the engine makes and the shim opens. The shim keeps them open, so an engine
 * that is killed finds what was written meanwhile when it opens them again.
 */
import { closeSync, constants, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { mkfifo } from '@drydock/linux/fifo';
import { drained } from './drained.ts';
import { LoggedOutput, type LoggedOutputOptions } from './logged-output.ts';
import { PlainOutput } from './plain-output.ts';
import type { Streams } from './streams.ts';

/** The paths that containerd is given; an unwanted stream is empty. */
export interface IoPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface IoOptions {
  readonly directory: string;
  /** `init`, or an exec's id. */
  readonly name: string;
  readonly stdin: boolean;
  /** A terminal has one output. */
  readonly terminal: boolean;
  /** The log of a container's first process; execs have none. */
  readonly logged: LoggedOutputOptions | undefined;
}

export class ProcessIo {
  readonly paths: IoPaths;
  /** Resolves when both outputs have ended. */
  readonly drained: Promise<void>;
  readonly #outputs: readonly { close(): void }[];
  readonly #input: Socket | undefined;
  #inputEnded = false;

  private constructor(paths: IoPaths, streams: Streams, logged: LoggedOutputOptions | undefined) {
    this.paths = paths;
    const outputs = (['stdout', 'stderr'] as const)
      .filter((name) => paths[name] !== '')
      .map((name) =>
        logged === undefined
          ? new PlainOutput(paths[name], streams[name])
          : new LoggedOutput(paths[name], name, streams[name], logged),
      );
    this.#outputs = outputs;
    this.drained = Promise.all(outputs.map(({ ended }) => ended)).then(() => undefined);
    if (paths.stdin !== '') this.#input = openInput(paths.stdin);
  }

  /** Makes the pipes and opens the engine's ends. Nothing here waits for the other side. */
  static create({ directory, name, stdin, terminal, logged }: IoOptions, streams: Streams): ProcessIo {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = (stream: string): string => join(directory, `${name}-${stream}`);
    const paths = { stdin: stdin ? path('stdin') : '', stdout: path('stdout'), stderr: terminal ? '' : path('stderr') };
    for (const fifo of Object.values(paths)) {
      if (fifo === '') continue;
      rmSync(fifo, { force: true });
      mkfifo(fifo);
    }
    return new ProcessIo(paths, streams, logged);
  }

  /** Opens the pipes of a process that an earlier engine started; pipes that are gone are left out. */
  static reopen(paths: IoPaths, streams: Streams, logged: LoggedOutputOptions | undefined): ProcessIo {
    const present = (path: string): string => (path !== '' && existsSync(path) ? path : '');
    return new ProcessIo(
      { stdin: present(paths.stdin), stdout: present(paths.stdout), stderr: present(paths.stderr) },
      streams,
      logged,
    );
  }

  /** Lets the process read what clients send. `closed` is called when its input was ended. */
  connectInput(streams: Streams, closed: () => void): void {
    const input = this.#input;
    if (input === undefined) return;
    streams.stdin.connect({
      write: (chunk) => (input.destroyed || input.write(chunk) ? undefined : drained(input)),
      end: () => {
        if (this.#inputEnded) return;
        this.#inputEnded = true;
        input.end(() => {
          input.destroy();
          closed();
        });
      },
    });
  }

  /** Waits until the output is complete, but no longer than `milliseconds` after the process has ended. */
  async drain(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.drained, new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)))]);
    clearTimeout(timer);
  }

  /** Closes the pipes and removes them. */
  close(): void {
    for (const output of this.#outputs) output.close();
    this.#input?.destroy();
    for (const path of Object.values(this.paths)) if (path !== '') rmSync(path, { force: true });
  }
}

/** Opened for both directions: a write needs no reader yet. */
function openInput(path: string): Socket {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    const socket = new Socket({ fd, readable: false, writable: true });
    // The process is gone; its exit is reported elsewhere.
    socket.on('error', () => socket.destroy());
    return socket;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
