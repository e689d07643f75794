/**
 * How long a shim may take for what no client waits for with a deadline of its own. Each has a name, under which the
 * configuration's `[timeouts]` may change it, as containerd's does: `"io.containerd.timeout.shim.load" = "5s"`; `"0s"` is
 * for ever.
 */
import { parseGoDuration } from '@drydock/oci/go-duration';
import { isKind, RpcError } from '@drydock/rpc/errors';
import type { CallOptions } from '@drydock/rpc/service';

/** Milliseconds by name; containerd's have its values. */
const defaults = {
  /** The program `start` of a shim, until it has printed an address. */
  'io.drydock.timeout.shim.start': 60_000,
  /** A spare shim, to take over a container. */
  'io.drydock.timeout.shim.assign': 5000,
  /** A shim's first answer: at its launch, and to a supervisor that has restarted. */
  'io.containerd.timeout.shim.load': 5000,
  /** What is left of a task that could not be created, or whose shim is gone: `Delete`, and the program `delete`. */
  'io.containerd.timeout.shim.cleanup': 5000,
  /** A shim's answer that it ends. */
  'io.containerd.timeout.shim.shutdown': 3000,
  /** A shim's answer in which state a process is. */
  'io.containerd.timeout.task.state': 2000,
} as const;

export type DeadlineName = keyof typeof defaults;

export class Deadlines {
  readonly #milliseconds: ReadonlyMap<string, number>;

  /** `given` are durations as Go writes them, by name; unknown names are accepted. Throws with one that is none. */
  constructor(given: Readonly<Record<string, string>> = {}) {
    const changed = Object.entries(given).map(([name, text]) => [name, parseDuration(name, text)] as const);
    this.#milliseconds = new Map([...Object.entries(defaults), ...changed]);
  }

  /** Milliseconds; undefined for ever. */
  of(name: DeadlineName): number | undefined {
    return this.#milliseconds.get(name) || undefined;
  }

  /** Makes a call of a shim that must be answered in time. The error of one that is not names it and its budget. */
  async within<T>(name: DeadlineName, what: string, call: (options: CallOptions) => Promise<T>): Promise<T> {
    const timeoutMs = this.of(name);
    try {
      return await call({ timeoutMs });
    } catch (error) {
      throw isKind(error, 'deadline exceeded') ? this.exceeded(name, what) : error;
    }
  }

  /** That something was not done in time. */
  exceeded(name: DeadlineName, what: string): RpcError {
    const budget = `${(this.of(name) ?? 0) / 1000}s`;
    return new RpcError('deadline exceeded', `${what}: no answer in ${budget} (${name}): context deadline exceeded`);
  }
}

function parseDuration(name: string, text: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined || milliseconds < 0)
    throw new Error(`timeouts: ${name}: ${JSON.stringify(text)} is no duration such as "5s"`);
  return milliseconds;
}
