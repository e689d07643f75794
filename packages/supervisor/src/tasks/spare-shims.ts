/**
 * Shims that are started before their container is known, so that a shim's start is off the path of `run`.
 *
 *   start ─▶ BIN -spare, connected, waiting ── Shim.Assign(namespace, id, bundle) ─▶ the shim of a task
 *
 * A spare asks the kernel to end it with the supervisor, so none is left behind; an assigned one no longer does. One whose
 * program has been replaced since is not used: a container started after an upgrade gets the new one.
 */
import { readlinkSync, rmSync } from 'node:fs';
import { Shim as SpareShim } from '@drydock/rpc/generated/shim_extra';
import { type TtrpcConnection, ttrpcClient } from '@drydock/rpc/ttrpc-client';
import type { Logger } from '@drydock/telemetry/logger';
import type { Bundle } from './bundle.ts';
import type { Deadlines } from './deadlines.ts';
import { newSocket, type OwnShimOptions, spawnOwnShim } from './own-shim.ts';
import { connectShim, killShim } from './shim.ts';
import { parseShimAddress } from './shim-address.ts';

/** Milliseconds after a spare was taken until the next is started: the container that took it comes first. */
const refillDelay = 150;

interface Spare {
  readonly socket: string;
  readonly pid: number;
  readonly connection: TtrpcConnection;
}

/** How a spare is started, given its executable. */
export type SpareStarter = () => OwnShimOptions;

export class SpareShims {
  readonly #count: number;
  readonly #options: SpareStarter;
  readonly #deadlines: Deadlines;
  readonly #log: Logger;
  readonly #ready: Spare[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    count: number,
    options: SpareStarter,
    { deadlines, log }: { readonly deadlines: Deadlines; readonly log: Logger },
  ) {
    this.#count = count;
    this.#options = options;
    this.#deadlines = deadlines;
    this.#log = log;
  }

  /** Starts what is missing. */
  fill(): void {
    if (this.#isClosed) return;
    for (let missing = this.#count - this.#ready.length; missing > 0; missing -= 1)
      this.#start().catch((error) => this.#log.warn({ err: error }, 'start spare shim'));
  }

  /** The sockets of spares that wait. */
  sockets(): string[] {
    return this.#ready.map(({ socket }) => socket);
  }

  /** Makes a spare, if there is one, the shim of a bundle; `address` is told before the shim is. */
  async take(bundle: Bundle, address: (address: string) => void): Promise<Spare | undefined> {
    for (let spare = this.#ready.shift(); spare !== undefined; spare = this.#ready.shift()) {
      this.#refill();
      if (!isCurrent(spare)) {
        discard(spare);
        continue;
      }
      address(`unix://${spare.socket}`);
      try {
        const { namespace, id, path } = bundle;
        const client = ttrpcClient(SpareShim, spare.connection);
        await this.#deadlines.within(
          'io.drydock.timeout.shim.assign',
          `Assign ${namespace}/${id} to a spare shim`,
          (call) => client.assign({ namespace, id, bundle: path }, call),
        );
        return spare;
      } catch (error) {
        this.#log.warn({ err: error, pid: spare.pid }, 'spare shim does not answer');
        discard(spare);
      }
    }
    return undefined;
  }

  /** Ends the spares that wait. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const spare of this.#ready.splice(0)) discard(spare);
  }

  #refill(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.fill();
    }, refillDelay).unref();
  }

  async #start(): Promise<void> {
    const options = this.#options();
    const socket = newSocket(options.sockets);
    const pid = spawnOwnShim(socket, options, ['-spare', '-parent', String(process.pid)], '/');
    const spare = { socket, pid, connection: await connectShim(parseShimAddress(`unix://${socket}`)) };
    if (this.#isClosed) return discard(spare);
    this.#ready.push(spare);
    // A spare that dies is no longer one; what took it hears of the end by itself.
    spare.connection.closed.then(() => {
      const index = this.#ready.indexOf(spare);
      if (index === -1) return;
      this.#ready.splice(index, 1);
      rmSync(spare.socket, { force: true });
      this.#refill();
    });
  }
}

/** Whether a spare runs what is installed now: its executable has not been replaced since it was started (proc_pid_exe(5)). */
function isCurrent({ pid }: Spare): boolean {
  try {
    return !readlinkSync(`/proc/${pid}/exe`).endsWith(' (deleted)');
  } catch {
    return false;
  }
}

function discard({ connection, pid, socket }: Spare): void {
  killShim(pid);
  connection.close();
  rmSync(socket, { force: true });
}
