/**
 * Tells when descriptors can be read, without reading them: epoll(7), which Node has but does not offer. One thread of the
 * pool waits for all of them, and only while there is something to wait for.
 */
import { closeSync, writeSync } from 'node:fs';
import { koffi, libc } from './koffi.ts';
import { syscallNumber } from './numbers.ts';
import { syscall } from './syscall.ts';

const closeOnExec = 0o2000000;
const nonBlocking = 0o4000;
const control = { add: 1, remove: 2, change: 3 } as const;
const readable = 0x001;
const oneShot = 1 << 30;
/** `struct epoll_event` is packed on x86-64 alone. */
const eventSize = process.arch === 'x64' ? 12 : 16;
const dataOffset = eventSize - 8;
const eventsAtOnce = 64;

type AsyncCall = { async(...args: readonly unknown[]): void };
const inThread = libc.func('long syscall(long, long, long, long, long, long, long)') as unknown as AsyncCall;

export class Readiness {
  readonly #epoll = syscall('epoll_create1', [closeOnExec]);
  /** Written to end the thread's wait. */
  readonly #wake = syscall('eventfd2', [0, closeOnExec | nonBlocking]);
  readonly #events = Buffer.alloc(eventsAtOnce * eventSize);
  readonly #known = new Set<number>();
  readonly #waiting = new Map<number, () => void>();
  #inWait = false;
  #closed = false;

  constructor() {
    this.#control(control.add, this.#wake, readable);
    // The engine's end waits for the threads of its pool.
    process.once('exit', this.#interrupt);
  }

  /** Calls back once, when the descriptor has data or has lost its last writer; never after {@link close}. */
  once(fd: number, callback: () => void): void {
    if (this.#closed) return;
    this.#control(this.#known.has(fd) ? control.change : control.add, fd, readable | oneShot);
    this.#known.add(fd);
    this.#waiting.set(fd, callback);
    this.#wait();
  }

  /** Must be called before a descriptor that was waited for is closed. */
  forget(fd: number): void {
    if (!this.#known.delete(fd)) return;
    this.#control(control.remove, fd, 0);
    if (this.#waiting.delete(fd) && this.#waiting.size === 0) this.#interrupt();
  }

  /** Nobody is called back any more. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#known.clear();
    process.off('exit', this.#interrupt);
    if (this.#inWait) this.#interrupt();
    else this.#release();
  }

  #wait(): void {
    if (this.#inWait) return;
    this.#inWait = true;
    const call = [syscallNumber('epoll_pwait'), this.#epoll, koffi.address(this.#events), eventsAtOnce, -1, 0, 0];
    inThread.async(...call, (failure: Error | null, count: number) => {
      if (failure !== null) throw failure;
      // A wait that a signal ended (-1) has no events, and is taken up again. The next one may only begin when all are
      // read: it writes to the same memory.
      for (let index = 0; index < count; index++) this.#ready(this.#events.readInt32LE(index * eventSize + dataOffset));
      this.#inWait = false;
      if (this.#closed) this.#release();
      else if (this.#waiting.size > 0) this.#wait();
    });
  }

  #ready(fd: number): void {
    if (fd === this.#wake) return void syscall('read', [fd, Buffer.alloc(8), 8], 'read an eventfd');
    const callback = this.#waiting.get(fd);
    this.#waiting.delete(fd);
    callback?.();
  }

  readonly #interrupt = (): void => {
    writeSync(this.#wake, new BigUint64Array([1n]));
  };

  #control(operation: number, fd: number, events: number): void {
    const event = Buffer.alloc(eventSize);
    event.writeUInt32LE(events, 0);
    event.writeInt32LE(fd, dataOffset);
    syscall('epoll_ctl', [this.#epoll, operation, fd, event], `epoll_ctl on descriptor ${fd}`);
  }

  #release(): void {
    closeSync(this.#epoll);
    closeSync(this.#wake);
  }
}
