/** A queue between one producer that never waits and one consumer that does. */

export class Queue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  push(item: T): void {
    if (this.#isClosed) return;
    this.#items.push(item);
    this.#wake?.();
  }

  /** Ends the queue: the consumer gets what is left, then its loop ends. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<T>> {
    if (this.#items.length === 0 && !this.#isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#items.length > 0 ? { done: false, value: this.#items.shift()! } : { done: true, value: undefined };
  }
}
