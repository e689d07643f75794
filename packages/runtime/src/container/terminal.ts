/**
 * A terminal in the foreground: the container's is of its own devpts, so what the user types is copied to its master, and
 * what it prints is copied back. The user's terminal is in raw mode meanwhile: the container's makes lines and signals.
 */
import { receiveDescriptors } from '@drydock/linux/descriptor-message';
import { closeFile, Open, openFile } from '@drydock/linux/disk';
import { syscall, trySyscall } from '@drydock/linux/syscall';
import { explain, Failure } from '../failure.ts';

const tcgets = 0x5401;
const tcsets = 0x5402;
const tiocgwinsz = 0x5413;
const tiocswinsz = 0x5414;

export class OwnTerminal {
  /** Where the child sends the master. */
  readonly socket: number;
  readonly #receiver: number;
  readonly #host: number;
  /** The user's terminal as it was. */
  #settings: Uint8Array | undefined;
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
    this.#resize(master);
    process.on('SIGWINCH', () => this.#resize(master));
    this.#settings = makeRaw(this.#host);
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
    if (this.#settings) trySyscall('ioctl', this.#host, tcsets, this.#settings);
    closeFile(this.#receiver);
  }

  #resize(master: number): void {
    const size = new Uint8Array(8);
    if (trySyscall('ioctl', this.#host, tiocgwinsz, size) === 0) trySyscall('ioctl', master, tiocswinsz, size);
  }
}

/**
 * Lets a terminal hand on all bytes both ways as they are (termios(3), cfmakeraw); answers how it was. What the engine calls
 * raw mode still changes line ends.
 */
function makeRaw(terminal: number): Uint8Array {
  const settings = new Uint32Array(16);
  const bytes = new Uint8Array(settings.buffer);
  syscall('ioctl', [terminal, tcgets, bytes], "get the terminal's settings");
  const before = bytes.slice();
  const [input, output, control, local] = settings as unknown as [number, number, number, number];
  settings[0] = input & ~(1 | 2 | 8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400); // IGNBRK … IXON
  settings[1] = output & ~1; // OPOST
  settings[2] = (control & ~(0x30 | 0x100)) | 0x30; // CS8, no PARENB
  settings[3] = local & ~(1 | 2 | 8 | 0x40 | 0x8000); // ISIG, ICANON, ECHO, ECHONL, IEXTEN
  syscall('ioctl', [terminal, tcsets, bytes], 'make the terminal raw');
  return before;
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
