/**
 * The tasks that run: one shim each. A task begins with its bundle and ends with it.
 *
 *   create:  bundle ─▶ shim launched, connected ─▶ Task.Create            each failure undoes what came before
 *   delete:  Task.Delete ─▶ Shutdown ─▶ connection closed ─▶ `shim delete` (not for ours) ─▶ bundle removed
 *   a connection that ends by itself: the shim died ─▶ `shim delete`, exit and delete published, bundle removed
 */
import { packAny } from '@drydock/rpc/any';
import { alreadyExists, isKind, notFound, RpcError, toRpcError } from '@drydock/rpc/errors';
import type { Container } from '@drydock/rpc/generated/containers';
import { TaskDelete, TaskExit } from '@drydock/rpc/generated/event_payloads';
import type { Envelope } from '@drydock/rpc/generated/events';
import type { DeleteResponse, StateResponse } from '@drydock/rpc/generated/shim_task';
import { now } from '@drydock/rpc/timestamp';
import type { Logger } from '@drydock/telemetry/logger';
import type { Exchange } from '../events/exchange.ts';
import { Bundle, type BundleDirectories } from './bundle.ts';
import type { Deadlines } from './deadlines.ts';
import type { Launcher } from './launcher.ts';
import { removeSocket } from './own-shim.ts';
import { killShim, type Shim } from './shim.ts';
import type { ShimBinary } from './shim-binary.ts';
import type { TaskOptions } from './task-options.ts';

export interface TaskManagerParts {
  readonly directories: BundleDirectories;
  readonly launcher: Launcher;
  readonly exchange: Exchange;
  readonly deadlines: Deadlines;
  readonly log: Logger;
}

export class TaskManager {
  readonly #parts: TaskManagerParts;
  readonly #tasks = new Map<string, Shim>();
  /** Tasks whose create is under way. */
  readonly #starting = new Set<string>();
  /** Shims that died, while what they left is cleaned up. */
  readonly #burials = new Map<Shim, Promise<void>>();
  /** Exits that were published in place of their shims, which may do so after the task is gone. */
  readonly #replaced = new Set<string>();
  #isClosed = false;

  constructor(parts: TaskManagerParts) {
    this.#parts = parts;
    parts.exchange.listen(({ namespace, topic, event }) => {
      if (topic === '/tasks/exit' && event !== undefined) this.#noteExit(namespace, TaskExit.decode(event.value));
    });
  }

  /** The shim of a task, or undefined. */
  find(namespace: string, id: string): Shim | undefined {
    return this.#tasks.get(keyOf(namespace, id));
  }

  /** The shim of a task. Throws `not found`. */
  get(namespace: string, id: string): Shim {
    const shim = this.find(namespace, id);
    if (shim === undefined) throw notFound(`task ${id} not found`);
    return shim;
  }

  list(namespace: string): Shim[] {
    return [...this.#tasks.values()].filter(({ bundle }) => bundle.namespace === namespace);
  }

  /** Makes a task of a container, unless the client gives up before; answers the pid of its first process. */
  async create(namespace: string, container: Container, task: TaskOptions, signal: AbortSignal): Promise<number> {
    const { id } = container;
    const key = keyOf(namespace, id);
    if (this.#tasks.has(key) || this.#starting.has(key)) throw alreadyExists(`task ${id}: already exists`);
    this.#starting.add(key);
    try {
      const options = task.options ?? container.runtime?.options;
      const shim = await this.#start(namespace, container, { ...task, options }, signal);
      return await this.#createInShim(shim, { ...task, options }, signal);
    } finally {
      this.#starting.delete(key);
    }
  }

  /** Ends a stopped task and its shim; answers how its first process ended. */
  async delete(namespace: string, id: string, signal: AbortSignal): Promise<DeleteResponse> {
    const shim = this.get(namespace, id);
    let response: DeleteResponse;
    try {
      response = await shim.task.delete({ id }, { signal });
      this.#noteEnd(shim.bundle, response);
      // From here on the end of the connection is no accident.
      this.#tasks.delete(keyOf(namespace, id));
    } catch (error) {
      const failure = toRpcError(error);
      if (isKind(failure, 'unavailable')) await this.#burials.get(shim);
      else if (isKind(failure, 'not found')) await this.#end(shim, { isClean: false });
      throw new RpcError(failure.kind, `failed to delete task: ${failure.message}`);
    }
    await this.#end(shim, { isClean: true });
    return response;
  }

  /** Takes in a task whose shim was launched by a supervisor before this one. */
  adopt(shim: Shim): void {
    this.#tasks.set(keyOf(shim.bundle.namespace, shim.bundle.id), shim);
    this.#watch(shim);
  }

  /** Cleans up behind a shim that is gone; answers how its container ended, if that is known. */
  async cleanUp(bundle: Bundle, binary: ShimBinary): Promise<DeleteResponse | undefined> {
    const { launcher, log } = this.#parts;
    try {
      return await launcher.cleanUp(bundle, binary);
    } catch (error) {
      log.warn({ err: error, namespace: bundle.namespace, id: bundle.id }, 'clean up behind shim');
      return undefined;
    } finally {
      this.#removeBundle(bundle, binary);
    }
  }

  /** Whether an event says what was published already: that a container ended. A shim may repeat itself. */
  isRepeated({ namespace, topic, event }: Envelope): boolean {
    if (topic !== '/tasks/exit' || event === undefined) return false;
    const { id, containerId, pid } = TaskExit.decode(event.value);
    if (id !== containerId) return false;
    return this.#replaced.has(exitKey(namespace, id, pid)) || this.#isPublished(namespace, id);
  }

  /** Publishes the exit of a task that was adopted, unless it was published before. Its shim may do so too, later. */
  replaceExit(namespace: string, { id, pid, exitStatus, exitedAt }: StateResponse): void {
    if (this.#isPublished(namespace, id)) return;
    this.#replaced.add(exitKey(namespace, id, pid));
    const event = packAny(TaskExit, { containerId: id, id, pid, exitStatus, exitedAt });
    this.#parts.exchange.forward({ timestamp: exitedAt ?? now(), namespace, topic: '/tasks/exit', event });
  }

  /** Cleans up behind a shim that died while no supervisor was there, and publishes what became of its task. */
  async buryMissed(bundle: Bundle, binary: ShimBinary): Promise<void> {
    const { exchange } = this.#parts;
    const { exit, wasPublished } = await this.#cleanUpDead(bundle, binary);
    if (!wasPublished) exchange.publishMissed(bundle.namespace, '/tasks/exit', TaskExit, { ...exit, id: bundle.id });
    exchange.publishMissed(bundle.namespace, '/tasks/delete', TaskDelete, exit);
  }

  /** Leaves all tasks as they are; they run on without us. */
  close(): void {
    this.#isClosed = true;
    for (const shim of this.#tasks.values()) {
      shim.release();
      shim.connection.close();
    }
  }

  async #start(namespace: string, container: Container, task: TaskOptions, signal: AbortSignal): Promise<Shim> {
    const { launcher, directories } = this.#parts;
    const bundle = new Bundle(namespace, container.id, directories);
    try {
      const binary = launcher.find(task.runtimePath === '' ? (container.runtime?.name ?? '') : task.runtimePath);
      bundle.create(container.spec?.value ?? new Uint8Array(0));
      try {
        const shim = await launcher.launch(bundle, binary, { options: task.options, signal });
        this.adopt(shim);
        return shim;
      } catch (error) {
        bundle.remove();
        throw error;
      }
    } catch (error) {
      const { kind, message } = toRpcError(error);
      throw new RpcError(kind, `failed to start shim: ${message}`, { cause: error });
    }
  }

  async #createInShim(shim: Shim, task: TaskOptions, signal: AbortSignal): Promise<number> {
    const { id, namespace, path: bundle } = shim.bundle;
    const { stdin, stdout, stderr, terminal, rootfs, options, checkpoint } = task;
    try {
      const mounts = rootfs.map(({ type, source, options: words }) => ({ type, source, target: '', options: words }));
      const request = { id, bundle, rootfs: mounts, stdin, stdout, stderr, terminal, checkpoint, options };
      return (await shim.task.create(request, { signal })).pid;
    } catch (error) {
      this.#tasks.delete(keyOf(namespace, id));
      await this.#deleteHalfMade(shim);
      await this.#end(shim, { isClean: false });
      const { kind, message } = toRpcError(error);
      throw new RpcError(kind, `failed to create shim task: ${message}`, { cause: error });
    }
  }

  async #deleteHalfMade({ task, bundle: { namespace, id } }: Shim): Promise<void> {
    const { deadlines, log } = this.#parts;
    await deadlines
      .within('io.containerd.timeout.shim.cleanup', `Delete of ${namespace}/${id} by its shim`, (call) =>
        task.delete({ id }, call),
      )
      .catch((error) => {
        if (isKind(error, 'deadline exceeded')) log.warn({ err: error, namespace, id }, 'clean up task');
      });
  }

  /** Ends a shim and what is left of its task. */
  async #end(shim: Shim, { isClean }: { readonly isClean: boolean }): Promise<void> {
    const { bundle, binary } = shim;
    this.#tasks.delete(keyOf(bundle.namespace, bundle.id));
    const ended = this.shutDown(shim);
    // Ours has deleted the container and unmounted its root by itself: a second look, or its last breath, would only cost
    // time.
    if (isClean && binary.isOwn && bundle.releaseRootfs()) this.#removeBundle(bundle, binary);
    else {
      await ended;
      await this.cleanUp(bundle, binary);
    }
  }

  /** Tells a shim to end, and lets go of it. One that does not answer is killed. */
  async shutDown(shim: Shim): Promise<void> {
    const { namespace, id } = shim.bundle;
    const { deadlines, log } = this.#parts;
    const what = `Shutdown of shim of ${namespace}/${id}`;
    try {
      await deadlines.within('io.containerd.timeout.shim.shutdown', what, (call) => shim.task.shutdown({ id }, call));
    } catch (error) {
      if (!isKind(error, 'unavailable')) log.warn({ err: error, namespace, id }, 'shut down shim');
      if (isKind(error, 'deadline exceeded') && shim.pid) killShim(shim.pid);
    }
    shim.connection.close();
    shim.release();
  }

  /** Hears of the end of a connection that nobody asked for. */
  #watch(shim: Shim): void {
    shim.connection.closed.then(() => {
      const { namespace, id } = shim.bundle;
      if (this.#isClosed || this.#tasks.get(keyOf(namespace, id)) !== shim) return;
      const burial = this.#bury(shim)
        .catch((error) => this.#parts.log.error({ err: error, namespace, id }, 'clean up behind dead shim'))
        .finally(() => this.#burials.delete(shim));
      this.#burials.set(shim, burial);
    });
  }

  async #bury(shim: Shim): Promise<void> {
    const { exchange, log } = this.#parts;
    const { namespace, id } = shim.bundle;
    log.warn({ namespace, id }, 'shim disconnected');
    shim.release();
    const { exit, wasPublished } = await this.#cleanUpDead(shim.bundle, shim.binary);
    if (this.#tasks.get(keyOf(namespace, id)) !== shim) return;
    this.#tasks.delete(keyOf(namespace, id));
    if (!wasPublished) exchange.publish(namespace, '/tasks/exit', TaskExit, { ...exit, id });
    exchange.publish(namespace, '/tasks/delete', TaskDelete, exit);
  }

  /** Cleans up behind a shim that died; answers how its container ended, and whether that was published before. */
  async #cleanUpDead(bundle: Bundle, binary: ShimBinary) {
    const wasPublished = bundle.read('exit-published') !== undefined;
    const ended = bundle.read('ended');
    const found = await this.cleanUp(bundle, binary);
    const known: DeleteResponse | undefined = ended ? JSON.parse(ended) : found;
    const { pid, exitStatus, exitedAt } = known ?? { pid: 0, exitStatus: 255, exitedAt: now() };
    return { exit: { containerId: bundle.id, pid, exitStatus, exitedAt }, wasPublished };
  }

  /** Removes a bundle, and the socket that we made for its shim, which one that was killed leaves. */
  #removeBundle(bundle: Bundle, { isOwn }: ShimBinary): void {
    try {
      if (isOwn) removeSocket(bundle.read('address'));
      bundle.remove();
    } catch (error) {
      this.#parts.log.error({ err: error, path: bundle.path }, 'remove bundle');
    }
  }

  #isPublished(namespace: string, id: string): boolean {
    return this.find(namespace, id)?.bundle.read('exit-published') !== undefined;
  }

  /** Notes on disk how a container ended that its shim has deleted: it cannot be asked again. */
  #noteEnd(bundle: Bundle, end: DeleteResponse): void {
    try {
      bundle.write('ended', JSON.stringify(end));
    } catch (error) {
      // Only a supervisor after this one would miss it, if this one is killed now.
      this.#parts.log.warn({ err: error, path: bundle.path }, 'note end of task');
    }
  }

  /** Notes on disk that the exit of a container was published: a supervisor after this one will not do it again. */
  #noteExit(namespace: string, exit: TaskExit): void {
    if (exit.id !== exit.containerId) return;
    this.find(namespace, exit.containerId)?.bundle.write('exit-published', String(exit.exitStatus));
  }
}

function exitKey(namespace: string, id: string, pid: number): string {
  return `${namespace}/${id}/${pid}`;
}

function keyOf(namespace: string, id: string): string {
  return `${namespace}/${id}`;
}
