/** The engine's events: published, remembered in a ring, streamed to listeners. */
import { nowNanos } from '../clock.ts';
import { type EngineEvent, type EventInput, makeEvent } from './event.ts';

/** How many events are remembered for `since`. */
const ringSize = 256;

export class Events {
  readonly #ring: EngineEvent[] = [];
  readonly #listeners = new Set<(event: EngineEvent) => void>();

  publish(input: EventInput): void {
    const event = makeEvent(input, nowNanos());
    this.#ring.push(event);
    if (this.#ring.length > ringSize) this.#ring.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Remembered events from a moment (nanoseconds since 1970) on. */
  since(nanos: bigint): EngineEvent[] {
    return this.#ring.filter(({ timeNano }) => timeNano >= nanos);
  }

  /** Calls a function for each event from now on. Answers what ends that. */
  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }
}
