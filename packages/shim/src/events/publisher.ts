/**
 * Sends the shim's events to the supervisor: one after the other, in their order, each until it has arrived. A supervisor
 * that is away gets them when it is back; what it did not acknowledge in time it gets once more, with the same timestamp.
 *
 *   publish ─▶ queue ─▶ send ──▶ acknowledged: the next one
 *                         └────▶ failed: a pause, which grows and which a call from a supervisor ends; the same one again
 *
 * The queue is bounded, since a shim may outlive its supervisor for long: beyond {@link capacity} the oldest event goes that
 * nobody needs later. Those of an end are not among them: there can be no more of those than there are processes.
 */
import type { Any, Timestamp } from '@drydock/rpc/generated/google';
import { now } from '@drydock/rpc/timestamp';
import { currentTrace, withTrace } from '@drydock/telemetry/trace';

/** An event as it is sent. */
export interface ShimEvent {
  readonly topic: string;
  readonly event: Any;
  readonly timestamp: Timestamp;
}

/** Delivers one event. Rejects if it has not arrived. */
export type Sender = (event: ShimEvent) => Promise<void>;

/** An event and what became of it. */
export interface RecordedEvent extends ShimEvent {
  readonly trace: string | undefined;
  state: 'waiting' | 'sent' | 'dropped';
}

export interface Publisher {
  /** Queues an event; it is stamped with the present time. */
  publish(topic: string, event: Any): void;
  /** There is a supervisor: an event that waits is tried at once. */
  retry(): void;
  /** Resolves when the queue is empty, or after the given milliseconds. */
  drain(milliseconds: number): Promise<void>;
  /** The latest events, oldest first. */
  readonly recent: readonly RecordedEvent[];
  /** How many there have been. */
  readonly published: number;
  /** Resolves with the next one. */
  next(): Promise<void>;
  readonly waiting: number;
  readonly dropped: number;
  /** Why the latest attempt failed; undefined if it did not. */
  readonly error: string | undefined;
}

/** Milliseconds between two attempts. */
const retryDelays = [100, 200, 500, 1000, 2000, 5000];
/** Events that are kept while the supervisor is away. */
const capacity = 1024;
/** Events that are kept to be looked at. */
const ringSize = 64;
const isNeeded = (topic: string): boolean => topic === '/tasks/exit' || topic === '/tasks/delete';

/** A publisher that hands events to a sender. */
export function openPublisher(send: Sender): Publisher {
  return new QueuePublisher(send);
}

class QueuePublisher implements Publisher {
  readonly recent: RecordedEvent[] = [];
  published = 0;
  dropped = 0;
  error: string | undefined;
  readonly #send: Sender;
  readonly #queue: RecordedEvent[] = [];
  #running: Promise<void> | undefined;
  #endPause: () => void = () => {};
  #next: PromiseWithResolvers<void> | undefined;

  constructor(send: Sender) {
    this.#send = send;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  publish(topic: string, event: Any): void {
    const recorded: RecordedEvent = { topic, event, timestamp: now(), trace: currentTrace(), state: 'waiting' };
    this.#queue.push(recorded);
    this.recent.push(recorded);
    if (this.recent.length > ringSize) this.recent.shift();
    this.published += 1;
    this.#next?.resolve();
    this.#next = undefined;
    if (this.#queue.length > capacity) this.#drop();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  next(): Promise<void> {
    this.#next ??= Promise.withResolvers();
    return this.#next.promise;
  }

  retry(): void {
    this.#endPause();
  }

  async drain(milliseconds: number): Promise<void> {
    this.retry();
    const limit = sleep(milliseconds);
    await Promise.race([this.#running, limit.over]);
    limit.end();
  }

  async #run(): Promise<void> {
    for (let attempt = 0; ; ) {
      const [next] = this.#queue;
      if (next === undefined) return;
      try {
        await withTrace(next.trace, () => this.#send(next));
        this.#queue.shift();
        next.state = 'sent';
        this.error = undefined;
        attempt = 0;
      } catch (error) {
        this.error = (error as Error).message;
        const pause = sleep(retryDelays[Math.min(attempt, retryDelays.length - 1)] ?? 0);
        this.#endPause = pause.end;
        await pause.over;
        attempt += 1;
      }
    }
  }

  /** Gives up the oldest event that nobody needs later. The first is on its way. */
  #drop(): void {
    const index = this.#queue.findIndex(({ topic }, place) => place > 0 && !isNeeded(topic));
    if (index === -1) return;
    for (const event of this.#queue.splice(index, 1)) event.state = 'dropped';
    this.dropped += 1;
  }
}

function sleep(milliseconds: number): { readonly over: Promise<void>; end(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  return {
    over: promise,
    end: () => {
      clearTimeout(timer);
      resolve();
    },
  };
}
