/**
 * A process's standard streams. No byte passes through the shim unless there is a terminal:
 *
 *   caller's FIFO ◀── opened for writing, blocking: given to the container
 *                 ◀── opened for both, held by the shim while the process lives: readers may come and go
 */
import { constants, fchownSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { closeAll, openBlocking, openHolder } from '@drydock/linux/fifo';
import { invalidArgument } from '@drydock/rpc/errors';
import type { Exits } from '../exits.ts';
import { type LogDriver, type Logged, startLogDriver } from './log-driver.ts';
import { releaseReader } from './release.ts';

/**
 * Where a process's streams lead, as the caller named them: paths of FIFOs, `file://` URIs, a `binary://` URI that serves
 * both outputs, or '' for /dev/null.
 */
export interface StdioPaths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

export interface Stdio {
  /** Descriptors for the runtime's 0, 1 and 2. Close them with {@link handedOver} once it has them. */
  readonly descriptors: readonly [stdin: number, stdout: number, stderr: number];
  handedOver(): void;
  /** Lets the container see the end of its input once all that was written is read. */
  closeStdin(): void;
  /** The process has ended: its output's readers shall see the end, but only after they have read everything. */
  ended(): void;
  /** Nobody will read any more: closes everything. */
  close(): void;
}

/** Whose streams they are. */
export interface StdioContext {
  readonly logged: Logged;
  /** Who shall own the pipes, so that the process may open them once more (`/dev/stdout`); 0 and 0 for root. */
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly exits: Exits;
}

/** Opens the streams of a process without a terminal. Throws with the path that cannot be opened. */
export async function openStdio(paths: StdioPaths, { logged, owner, exits }: StdioContext): Promise<Stdio> {
  const driver = paths.stdout.startsWith('binary://') ? await startLogDriver(paths.stdout, logged, exits) : undefined;
  const opened: number[] = [];
  const keep = (fd: number): number => {
    opened.push(fd);
    return fd;
  };
  try {
    const stdinHolder = paths.stdin === '' ? undefined : keep(openHolder(paths.stdin));
    const outputs = [paths.stdout, paths.stderr].filter((path) => path.startsWith('/'));
    const holders = new Map(outputs.map((path) => [path, keep(openHolder(path))]));
    const descriptors = [
      keep(paths.stdin === '' ? openSync('/dev/null', constants.O_RDONLY) : openBlocking(paths.stdin, 'read')),
      keep(driver?.stdout ?? openOutput(paths.stdout)),
      keep(driver?.stderr ?? openOutput(paths.stderr)),
    ] as const;
    if (owner.uid !== 0 || owner.gid !== 0)
      for (const fd of pipesIn(descriptors, paths)) fchownSync(fd, owner.uid, owner.gid);
    return new FifoStdio(descriptors, { stdinHolder, holders, driver });
  } catch (error) {
    closeAll(opened);
    driver?.end();
    throw error;
  }
}

/** What the shim holds for the process. */
interface Held {
  readonly stdinHolder: number | undefined;
  readonly holders: Map<string, number>;
  readonly driver: LogDriver | undefined;
}

class FifoStdio implements Stdio {
  readonly descriptors: readonly [number, number, number];
  #stdinHolder: number | undefined;
  readonly #holders: Map<string, number>;
  readonly #driver: LogDriver | undefined;
  readonly #released: (() => void)[] = [];
  #open = true;

  constructor(descriptors: readonly [number, number, number], { stdinHolder, holders, driver }: Held) {
    this.descriptors = descriptors;
    this.#stdinHolder = stdinHolder;
    this.#holders = holders;
    this.#driver = driver;
  }

  handedOver(): void {
    if (this.#open) closeAll(this.descriptors);
    this.#open = false;
  }

  closeStdin(): void {
    closeAll([this.#stdinHolder]);
    this.#stdinHolder = undefined;
  }

  ended(): void {
    this.closeStdin();
    for (const [path, fd] of this.#holders) this.#released.push(releaseReader(path, fd));
    this.#holders.clear();
  }

  close(): void {
    this.handedOver();
    this.closeStdin();
    closeAll(this.#holders.values());
    this.#holders.clear();
    for (const stop of this.#released) stop();
    this.#driver?.end();
  }
}

/** The descriptors that are pipes, rather than /dev/null or the caller's file. */
function pipesIn(descriptors: readonly number[], { stdin, stdout, stderr }: StdioPaths): number[] {
  const error = stdout.startsWith('binary:') ? stdout : stderr;
  const paths = [stdin, stdout, error];
  return descriptors.filter((_, index) => /^(\/|binary:)/.test(paths[index] ?? ''));
}

function openOutput(path: string): number {
  if (path === '') return openSync('/dev/null', constants.O_WRONLY);
  if (path.startsWith('/')) return openBlocking(path, 'write');
  const url = new URL(path);
  if (url.protocol !== 'file:')
    throw invalidArgument(`stdio ${path}: scheme ${url.protocol} is not supported: invalid argument`);
  mkdirSync(dirname(url.pathname), { recursive: true });
  return openSync(url.pathname, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o644);
}
