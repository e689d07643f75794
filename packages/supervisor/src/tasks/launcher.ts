/** Launches the shim of a bundle: a spare, a new one of ours, or any other the way containerd does. */
import type { Any } from '@drydock/rpc/generated/google';
import type { DeleteResponse } from '@drydock/rpc/generated/shim_task';
import type { Logger } from '@drydock/telemetry/logger';
import type { Bundle } from './bundle.ts';
import { deleteShim, type SupervisorAddress, startShim } from './foreign-shim.ts';
import { type OwnShimOptions, type SocketPlace, spawnOwnShim } from './own-shim.ts';
import { connectShim, type Shim, shimOver } from './shim.ts';
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
  readonly log: Logger;
}

export class Launcher {
  readonly spares: SpareShims;
  readonly #options: LauncherOptions;

  constructor(options: LauncherOptions) {
    this.#options = options;
    const binary = options.spares > 0 ? this.#spareBinary() : undefined;
    this.spares = new SpareShims(
      binary === undefined ? 0 : options.spares,
      () => this.#ownOptions(binary!.path),
      options.log,
    );
  }

  find(runtime: string): ShimBinary {
    return findShim(runtime, this.#options.lookup);
  }

  /** Starts the shim and connects to it. `options` are those of the task or of its container. */
  async launch(bundle: Bundle, binary: ShimBinary, options: Any | undefined): Promise<Shim> {
    bundle.write('shim-binary-path', binary.path);
    return binary.isOwn ? this.#launchOwn(bundle, binary) : this.#launchForeign(bundle, binary, options);
  }

  /** Connects to the shim of a bundle that was launched before. */
  async reconnect(bundle: Bundle, binary: ShimBinary): Promise<Shim> {
    const address = bundle.read('address');
    if (address === undefined) throw new Error(`bundle ${bundle.path} has no address`);
    const connection = await connectShim(address);
    const log = binary.isOwn ? undefined : openShimLog(bundle.path, this.#options.output);
    return shimOver(connection, { bundle, binary, release: () => log?.close() });
  }

  /** Has the shim's executable clean up behind a shim that is gone. */
  cleanUp(bundle: Bundle, binary: ShimBinary): Promise<DeleteResponse> {
    return deleteShim(this.#call(bundle, binary));
  }

  async #launchOwn(bundle: Bundle, binary: ShimBinary): Promise<Shim> {
    const record = (address: string): void => bundle.write('address', address);
    const spare = binary.path === this.#spareBinary()?.path ? await this.spares.take(bundle, record) : undefined;
    if (spare !== undefined) return shimOver(spare, { bundle, binary, release: () => undefined });
    const { namespace, id, path } = bundle;
    const { socket } = spawnOwnShim(this.#ownOptions(binary.path), ['-namespace', namespace, '-id', id], path);
    record(`unix://${socket}`);
    return shimOver(await connectShim(`unix://${socket}`), { bundle, binary, release: () => undefined });
  }

  async #launchForeign(bundle: Bundle, binary: ShimBinary, options: Any | undefined): Promise<Shim> {
    const log = openShimLog(bundle.path, this.#options.output);
    try {
      const address = await startShim(this.#call(bundle, binary), options);
      return shimOver(await connectShim(address), { bundle, binary, release: () => log.close() });
    } catch (error) {
      log.close();
      throw error;
    }
  }

  #call({ namespace, id, path }: Bundle, { path: binary }: ShimBinary) {
    return { ...this.#options.supervisor, binary, namespace, id, bundle: path };
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
