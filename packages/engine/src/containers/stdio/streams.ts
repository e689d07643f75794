/** The streams of a container or exec, to which clients attach: they exist before the process and between its runs. */

/** Takes output. A promise holds the process back until it resolves. */
export interface OutputSink {
  write(chunk: Buffer): undefined | Promise<void>;
  /** The process's output is complete. */
  end(): void;
}

/** One output stream, with any number of listeners. */
export class Output {
  readonly #sinks = new Set<OutputSink>();

  /** Adds a listener; answers what removes it. */
  subscribe(sink: OutputSink): () => void {
    this.#sinks.add(sink);
    return () => void this.#sinks.delete(sink);
  }

  /** Hands a chunk to every listener. */
  write(chunk: Buffer): undefined | Promise<unknown> {
    const waits = [...this.#sinks].map((sink) => sink.write(chunk)).filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits);
  }

  /** Ends and forgets the listeners. */
  end(): void {
    const sinks = [...this.#sinks];
    this.#sinks.clear();
    for (const sink of sinks) sink.end();
  }
}

/** Where input goes once there is a process. */
export interface InputTarget {
  write(chunk: Buffer): undefined | Promise<void>;
  end(): void;
}

/** How much input is kept for a process that is not there yet, before its sender is held back. */
const highWater = 1024 * 1024;

/** The input stream: what arrives before the process is kept for it. */
export class Input {
  #target: InputTarget | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #connected = Promise.withResolvers<void>();
  #ended = false;

  write(chunk: Buffer): undefined | Promise<void> {
    if (this.#target !== undefined) return this.#target.write(chunk);
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    return this.#waitingBytes < highWater ? undefined : this.#connected.promise;
  }

  /** No more input comes in this run. */
  end(): void {
    this.#ended = true;
    this.#target?.end();
  }

  /** Connects a process; it gets what has waited. */
  connect(target: InputTarget): void {
    this.#target = target;
    for (const chunk of this.#waiting) void target.write(chunk);
    this.#forget();
    if (this.#ended) target.end();
  }

  /** The process is gone: the next one starts afresh. */
  disconnect(): void {
    this.#target = undefined;
    this.#forget();
    this.#ended = false;
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#connected.resolve();
    this.#connected = Promise.withResolvers<void>();
  }
}

/** The three streams. */
export class Streams {
  readonly stdin = new Input();
  readonly stdout = new Output();
  readonly stderr = new Output();

  /** The run is over and all its output was handed on. */
  endRun(): void {
    this.stdin.disconnect();
    this.stdout.end();
    this.stderr.end();
  }
}
