/**
 * A process's terminal: the one stdio that is copied. The runtime makes the pty in the container and sends its master
 * over the console socket; what comes from it goes to the stdout FIFO, what comes from the stdin FIFO goes to it.
 */
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { receiveDescriptors } from '@drydock/linux/descriptor-message';
import { closeAll, openHolder } from '@drydock/linux/fifo';
import { setWindowSize } from '@drydock/linux/pty';
import { acceptUnix, listenUnix } from '@drydock/linux/socket';
import { syscall } from '@drydock/linux/syscall';
import { wakeWriter, writable } from '@drydock/linux/writable';
import { readDescriptor } from './read-descriptor.ts';
import { releaseReader } from './release.ts';
import type { Stdio, StdioPaths } from './stdio.ts';

export interface Terminal extends Stdio {
  /** The path for the runtime's `--console-socket`. */
  readonly consoleSocket: string;
  /** Takes the master that the runtime has sent, and starts to copy. */
  connected(): void;
  resize(width: number, height: number): void;
  /** Resolves when all that the process has written is copied. */
  readonly copied: Promise<void>;
}

/** Makes the console socket and opens the FIFOs. */
export function openTerminal(paths: StdioPaths): Terminal {
  return new PtyTerminal(paths);
}

class PtyTerminal implements Terminal {
  readonly descriptors: readonly [number, number, number];
  readonly consoleSocket: string;
  readonly #directory: string;
  readonly #paths: StdioPaths;
  readonly #listener: number;
  #nullOpen = true;
  #master: number | undefined;
  #stdinHolder: number | undefined;
  #stdout: number | undefined;
  copied: Promise<void> = Promise.resolve();
  readonly #input = new AbortController();
  readonly #output = new AbortController();
  #stopRelease: () => void = () => {};

  constructor(paths: StdioPaths) {
    this.#paths = paths;
    this.#directory = mkdtempSync(join(tmpdir(), 'pty'));
    this.consoleSocket = join(this.#directory, 'pty.sock');
    this.#listener = listenUnix(this.consoleSocket);
    const devNull = openSync('/dev/null', constants.O_RDWR);
    this.descriptors = [devNull, devNull, devNull];
    this.#stdinHolder = paths.stdin === '' ? undefined : openHolder(paths.stdin);
    this.#stdout = paths.stdout === '' ? undefined : openHolder(paths.stdout);
  }

  connected(): void {
    const connection = acceptUnix(this.#listener);
    const { descriptors } = receiveDescriptors(connection);
    closeSync(connection);
    const [master] = descriptors;
    if (master === undefined) throw new Error('the runtime sent no terminal over the console socket');
    const fSetfl = 4;
    syscall('fcntl', [master, fSetfl, constants.O_RDWR | constants.O_NONBLOCK], 'fcntl F_SETFL');
    this.#master = master;
    this.copied = this.#copyOutput(master);
    if (this.#paths.stdin !== '') void this.#copyInput(this.#paths.stdin);
  }

  resize(width: number, height: number): void {
    if (this.#master !== undefined) setWindowSize(this.#master, width, height);
  }

  handedOver(): void {
    if (!this.#nullOpen) return;
    this.#nullOpen = false;
    closeSync(this.descriptors[0]);
    closeSync(this.#listener);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  closeStdin(): void {
    closeAll([this.#stdinHolder]);
    this.#stdinHolder = undefined;
  }

  ended(): void {
    this.closeStdin();
    this.#input.abort();
    void this.copied.then(() => {
      if (this.#stdout !== undefined) this.#stopRelease = releaseReader(this.#paths.stdout, this.#stdout);
      this.#stdout = undefined;
    });
  }

  close(): void {
    this.handedOver();
    this.closeStdin();
    this.#input.abort();
    this.#output.abort();
    this.#stopRelease();
    const open = [this.#stdout, this.#master].filter((fd) => fd !== undefined);
    for (const fd of open) wakeWriter(fd);
    closeAll(open);
    this.#stdout = undefined;
    this.#master = undefined;
  }

  async #copyOutput(master: number): Promise<void> {
    for await (const data of readDescriptor(master, this.#output.signal))
      await this.#writeAll(() => this.#stdout, data);
  }

  async #copyInput(path: string): Promise<void> {
    const input = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      for await (const data of readDescriptor(input, this.#input.signal))
        await this.#writeAll(() => this.#master, data);
    } finally {
      closeSync(input);
    }
  }

  /** Writes to a non-blocking descriptor, as fast as its reader takes it, until it is closed. */
  async #writeAll(descriptor: () => number | undefined, data: Uint8Array): Promise<void> {
    for (let sent = 0; sent < data.length; ) {
      const fd = descriptor();
      if (fd === undefined) return;
      try {
        sent += writeSync(fd, data, sent);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EIO') return;
        if (code !== 'EAGAIN') throw error;
        await writable(fd);
      }
    }
  }
}
