/**
 * A connection to a D-Bus server, with blocking calls, for a program that does one thing and ends:
 *
 *     client                                server
 *     a zero byte, AUTH EXTERNAL <uid>  ─▶
 *                                       ◀─  OK
 *     BEGIN                             ─▶
 *     Hello (to a bus, not to a peer)   ─▶
 *     calls                             ─▶
 *                                       ◀─  replies and signals, in any order
 */
import { closeFile, writeAll } from '../disk.ts';
import { connectUnix } from '../socket.ts';
import { SyscallError, syscall, trySyscall } from '../syscall.ts';
import { decodeMessage, encodeMessage, headerBytes, type Message, messageLength, messageTypes } from './message.ts';

/** An error that the other side answered. */
export class DbusError extends Error {
  override readonly name = 'DbusError';
  /** Such as `org.freedesktop.DBus.Error.AccessDenied`. */
  readonly errorName: string;

  constructor(errorName: string, message: string) {
    super(message || errorName);
    this.errorName = errorName;
  }
}

export interface Call {
  readonly destination?: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

/** Milliseconds that the other side may take to answer: systemd's own limit for a call. */
const answerBudget = 25_000;

export class DbusConnection {
  readonly #socket: number;
  #serial = 0;
  #received = Buffer.alloc(0);
  /** Signals that have come while a reply was awaited. */
  readonly #signals: Message[] = [];

  private constructor(socket: number) {
    this.#socket = socket;
  }

  /** Connects to a socket by its path. `bus`: it is a message bus, which has to be greeted. */
  static open(path: string, { bus }: { readonly bus: boolean }): DbusConnection {
    const connection = new DbusConnection(connectUnix(path));
    try {
      connection.#authenticate();
      if (bus) connection.call({ ...theBus, member: 'Hello' });
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Calls a method; answers the values of its reply. Throws {@link DbusError}. */
  call({ body = [], ...call }: Call): readonly unknown[] {
    const serial = ++this.#serial;
    const message = encodeMessage({ ...call, type: messageTypes.call, serial, body });
    writeAll(this.#socket, message, 'D-Bus');
    const deadline = performance.now() + answerBudget;
    for (;;) {
      const answer = this.#receive(deadline, call.member);
      if (answer.type === messageTypes.signal) this.#signals.push(answer);
      if (answer.replySerial !== serial) continue;
      if (answer.type === messageTypes.error) throw new DbusError(answer.errorName ?? '', String(answer.body[0] ?? ''));
      return answer.body;
    }
  }

  /** Waits for a signal for so many milliseconds; undefined if none of those that come is wanted. */
  signal(wanted: (signal: Message) => boolean, budget: number): Message | undefined {
    const early = this.#signals.findIndex(wanted);
    if (early >= 0) return this.#signals.splice(early, 1)[0];
    const deadline = performance.now() + budget;
    while (performance.now() < deadline) {
      const message = this.#tryReceive(deadline);
      if (message?.type === messageTypes.signal && wanted(message)) return message;
    }
    return undefined;
  }

  close(): void {
    closeFile(this.#socket);
  }

  #authenticate(): void {
    const uid = String(syscall('geteuid', []));
    writeAll(this.#socket, Buffer.from(`\0AUTH EXTERNAL ${Buffer.from(uid).toString('hex')}\r\n`), 'D-Bus');
    const deadline = performance.now() + answerBudget;
    let line = '';
    while (!line.endsWith('\r\n')) line += this.#read(1, deadline).toString('latin1');
    if (!line.startsWith('OK ')) throw new DbusError('org.freedesktop.DBus.Error.AuthFailed', line.trim());
    writeAll(this.#socket, Buffer.from('BEGIN\r\n'), 'D-Bus');
  }

  #receive(deadline: number, member: string): Message {
    const message = this.#tryReceive(deadline);
    if (message === undefined)
      throw new DbusError('org.freedesktop.DBus.Error.Timeout', `no answer to ${member} in ${answerBudget / 1000} s`);
    return message;
  }

  /** The next message; undefined if none has come whole at the deadline. */
  #tryReceive(deadline: number): Message | undefined {
    for (;;) {
      if (this.#received.length >= headerBytes) {
        const length = messageLength(this.#received);
        if (this.#received.length >= length) {
          // A copy: what is read is aligned by its place in memory's beginning.
          const message = decodeMessage(Buffer.from(this.#received.subarray(0, length)));
          this.#received = this.#received.subarray(length);
          return message;
        }
      }
      if (!this.#wait(deadline)) return undefined;
      this.#received = Buffer.concat([this.#received, this.#readSome(65536)]);
    }
  }

  #read(count: number, deadline: number): Buffer {
    if (!this.#wait(deadline)) throw new DbusError('org.freedesktop.DBus.Error.Timeout', 'no answer to AUTH');
    return this.#readSome(count);
  }

  #readSome(count: number): Buffer {
    const buffer = Buffer.alloc(count);
    const length = syscall('read', [this.#socket, buffer, count], 'read from D-Bus');
    if (length === 0) throw new DbusError('org.freedesktop.DBus.Error.Disconnected', 'the connection was closed');
    return buffer.subarray(0, length);
  }

  /** Waits until there is something to read (ppoll(2)); false at the deadline. */
  #wait(deadline: number): boolean {
    const rest = Math.max(0, deadline - performance.now());
    const pollIn = 1;
    const descriptor = Buffer.alloc(8);
    descriptor.writeInt32LE(this.#socket, 0);
    descriptor.writeInt16LE(pollIn, 4);
    const time = new BigInt64Array([BigInt(Math.floor(rest / 1000)), BigInt(Math.floor((rest % 1000) * 1e6))]);
    const result = trySyscall('ppoll', descriptor, 1, new Uint8Array(time.buffer), null, 0);
    if (result < 0) throw new SyscallError('wait for D-Bus', -result);
    return result > 0;
  }
}

/** The message bus itself. */
const theBus = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;
