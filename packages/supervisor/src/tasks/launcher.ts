/** Launches the shim of a bundle: a spare, a new one of ours, or any other the way containerd does. */
import type { Any } from '@drydock/rpc/generated/google';
import type { DeleteResponse } from '@drydock/rpc/generated/shim_task';
import type { Logger } from '@drydock/telemetry/logger';
import type { Bundle } from './bundle.ts';
import type { Deadlines } from './deadlines.ts';
import { deleteShim, type ShimCall, type SupervisorAddress, startShim } from './foreign-shim.ts';
import { newSocket, type OwnShimOptions, type SocketPlace, spawnOwnShim } from './own-shim.ts';
import { connectShim, type Shim, shimOver } from './shim.ts';
import { parseShimAddress } from './shim-address.ts';
import { findShim, ownShim, type ShimBinary, type ShimLookup } from './shim-binary.ts';
import { openShimLog } from './shim-log.ts';
import { SpareShims } from './spare-shims.ts';

export interface LauncherOptions {
  readonly supervisor: SupervisorAddress;
  readonly lookup: ShimLookup;
  readonly sockets: SocketPlace;
  /** The descriptor that messages of our own shims go to. */
  readonly shimLog: number;
  /** Where messages of other shims go. */
  readonly output: NodeJS.WritableStream;
  readonly spares: number;
  readonly deadlines: Deadlines;
  readonly log: Logger;
}

/** The version of the service that our own shim is called with. */
const ownVersion = 2;

export class Launcher {
  readonly spares: SpareShims;
  readonly #options: LauncherOptions;

  constructor(options: LauncherOptions) {
    this.#options = options;
    const binary = options.spares > 0 ? this.#spareBinary() : undefined;
    this.spares = new SpareShims(
      binary === undefined ? 0 : options.spares,
      () => this.#ownOptions(binary!.path),
      options,
    );
  }

  find(runtime: string): ShimBinary {
    return findShim(runtime, this.#options.lookup);
  }

  /** Starts the shim and connects to it. `options` are those of the task or of its container; the signal says that nobody waits. */
  async launch(
    bundle: Bundle,
    binary: ShimBinary,
    { options, signal }: { readonly options: Any | undefined; readonly signal: AbortSignal },
  ): Promise<Shim> {
    bundle.write('shim-binary-path', binary.path);
    if (binary.isOwn) return this.#launchOwn(bundle, binary);
    return this.#launchForeign(bundle, binary, (call) => startShim(call, options, signal));
  }

  /** Connects to the shim of a bundle that was launched before. */
  async reconnect(bundle: Bundle, binary: ShimBinary): Promise<Shim> {
    const text = bundle.read('bootstrap.json') ?? bundle.read('address');
    if (text === undefined) throw new Error(`bundle ${bundle.path} has no address`);
    const address = parseShimAddress(text);
    const connection = await connectShim(address);
    const log = binary.isOwn ? undefined : openShimLog(bundle.path, this.#options.output);
    return shimOver(connection, { bundle, binary, version: address.version, release: () => log?.close() });
  }

  /** Has the shim's executable clean up behind a shim that is gone. */
  cleanUp(bundle: Bundle, binary: ShimBinary): Promise<DeleteResponse> {
    return deleteShim(this.#call(bundle, binary));
  }

  async #launchOwn(bundle: Bundle, binary: ShimBinary): Promise<Shim> {
    const record = (address: string): void => bundle.write('address', address);
    const spare = binary.path === this.#spareBinary()?.path ? await this.spares.take(bundle, record) : undefined;
    const parts = { bundle, binary, version: ownVersion, release: () => undefined };
    if (spare !== undefined) return shimOver(spare.connection, { ...parts, pid: spare.pid });
    const { namespace, id, path } = bundle;
    const socket = newSocket(this.#options.sockets);
    const address = `unix://${socket}`;
    // Before there is a shim, so that it is found whenever the supervisor ends.
    record(address);
    const pid = spawnOwnShim(socket, this.#ownOptions(binary.path), ['-namespace', namespace, '-id', id], path);
    return shimOver(await connectShim(parseShimAddress(address)), { ...parts, pid });
  }

  async #launchForeign(bundle: Bundle, binary: ShimBinary, start: (call: ShimCall) => Promise<string>): Promise<Shim> {
    const log = openShimLog(bundle.path, this.#options.output);
    try {
      const text = await start(this.#call(bundle, binary));
      const address = parseShimAddress(text);
      if (address.url !== text) bundle.write('bootstrap.json', text);
      const connection = await connectShim(address).catch((error) => {
        throw new Error(`start failed: ${error.message}`, { cause: error });
      });
      const release = (): void => log.close();
      const shim = shimOver(connection, { bundle, binary, version: address.version, release });
      shim.pid = await this.#pidOf(shim);
      return shim;
    } catch (error) {
      log.close();
      // What was started may live, even if its start was given up.
      await this.cleanUp(bundle, binary).catch((reason) =>
        this.#options.log.warn({ err: reason }, 'clean up behind launch'),
      );
      throw error;
    }
  }

  /** Asks a shim for its process: one that does not answer this will answer nothing. */
  async #pidOf({ task, connection, bundle: { namespace, id } }: Shim): Promise<number> {
    const what = `Connect to shim of ${namespace}/${id}`;
    try {
      const answer = await this.#options.deadlines.within('io.containerd.timeout.shim.load', what, (call) =>
        task.connect({ id }, call),
      );
      return answer.shimPid;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #call({ namespace, id, path }: Bundle, { path: binary }: ShimBinary): ShimCall {
    const { supervisor, deadlines } = this.#options;
    return { ...supervisor, deadlines, binary, namespace, id, bundle: path };
  }

  #ownOptions(binary: string): OwnShimOptions {
    const { sockets, shimLog, supervisor } = this.#options;
    return { binary, sockets, log: shimLog, address: supervisor.address, isDebug: supervisor.isDebug };
  }

  /** The executable that spares run: our shim, wherever the usual runtime finds it. */
  #spareBinary(): ShimBinary | undefined {
    for (const runtime of ['io.containerd.runc.v2', 'io.containerd.drydock.v2']) {
      try {
        const binary = this.find(runtime);
        if (binary.isOwn) return binary;
      } catch {
        // Not installed: there is nothing to keep spares of.
      }
    }
    this.#options.log.debug(`no ${ownShim} found: no spare shims`);
    return undefined;
  }
}
