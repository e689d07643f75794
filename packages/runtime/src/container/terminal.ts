/**
 * A terminal in the foreground: the container's is of its own devpts, so what the user types is copied to its master, and
 * what it prints is copied back. The user's terminal is in raw mode meanwhile: the container's makes lines and signals.
 */
import { receiveDescriptors } from '@drydock/linux/descriptor-message';
import { closeFile, Open, openFile } from '@drydock/linux/disk';
import { syscall, trySyscall } from '@drydock/linux/syscall';
import { explain, Failure } from '../failure.ts';

const tcgets = 0x5401;
const tiocgwinsz = 0x5413;
const tiocswinsz = 0x5414;

export class OwnTerminal {
  /** Where the child sends the master. */
  readonly socket: number;
  readonly #receiver: number;
  readonly #host: number;
  #master: number | undefined;
  #copied: Promise<void> = Promise.resolve();

  private constructor(socket: number, receiver: number, host: number) {
    this.socket = socket;
    this.#receiver = receiver;
    this.#host = host;
  }

  /** Throws if there is no terminal to be the container's. */
  static open(): OwnTerminal {
    const host = hostTerminal();
    const [unix, stream, cloexec] = [1, 1, 0o2000000];
    const pair = new Uint8Array(8);
    syscall('socketpair', [unix, stream | cloexec, 0, pair]);
    const [receiver = -1, socket = -1] = new Int32Array(pair.buffer);
    return new OwnTerminal(socket, receiver, host);
  }

  /** Begins to copy; the child has sent the master. */
  attach(): void {
    const [master] = receiveDescriptors(this.#receiver).descriptors;
    if (master === undefined) throw new Failure('the container sent no terminal');
    this.#master = master;
    this.#resize(master);
    process.on('SIGWINCH', () => this.#resize(master));
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    const fs = process.getBuiltinModule('node:fs');
    process.stdin.on('data', (data: Buffer) => fs.writeSync(master, data));
    this.#copied = new Promise((resolve) => {
      const buffer = Buffer.alloc(65536);
      const next = () =>
        fs.read(master, buffer, 0, buffer.length, null, (error, length) => {
          // EIO: the last process that had the terminal has ended.
          if (error || length === 0) return resolve();
          fs.writeSync(1, buffer.subarray(0, length));
          next();
        });
      next();
    });
  }

  /** Until all that was printed has been copied; what background processes print later is nobody's. */
  async drain(): Promise<void> {
    await Promise.race([this.#copied, new Promise((resolve) => setTimeout(resolve, 100))]);
  }

  close(): void {
    if (process.stdin.isTTY && this.#master !== undefined) process.stdin.setRawMode(false);
    closeFile(this.#receiver);
  }

  #resize(master: number): void {
    const size = new Uint8Array(8);
    if (trySyscall('ioctl', this.#host, tiocgwinsz, size) === 0) trySyscall('ioctl', master, tiocswinsz, size);
  }
}

/** The terminal of the user: one of stdio, or the controlling one. */
function hostTerminal(): number {
  const settings = new Uint8Array(64);
  for (const descriptor of [0, 1, 2]) if (trySyscall('ioctl', descriptor, tcgets, settings) === 0) return descriptor;
  try {
    return openFile('/dev/tty', Open.readWrite);
  } catch (error) {
    throw new Failure(explain(error), { cause: error });
  }
}
