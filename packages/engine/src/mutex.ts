/** One action at a time: what comes later waits, in order. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs an action when all earlier ones have ended, whatever became of them. */
  run<T>(action: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(action, action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
