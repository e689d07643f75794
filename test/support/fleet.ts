/** Many containers through containerd's gRPC API, ours or the real one: one client, no process for each call. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isKind, type RpcError } from '../../packages/rpc/src/errors.ts';
import { type Container, Containers } from '../../packages/rpc/src/generated/containers.ts';
import { Leases } from '../../packages/rpc/src/generated/leases.ts';
import { Snapshots } from '../../packages/rpc/src/generated/snapshots.ts';
import { type Process, Status } from '../../packages/rpc/src/generated/task_types.ts';
import { Tasks } from '../../packages/rpc/src/generated/tasks.ts';
import { connect, type GrpcChannel, grpcClient } from '../../packages/rpc/src/grpc-client.ts';
import type { Client } from '../../packages/rpc/src/service.ts';
import { ctr } from './run.ts';

export interface FleetOptions {
  readonly socket: string;
  readonly namespace: string;
  /** An image that is unpacked. */
  readonly image: string;
}

const snapshotter = 'overlayfs';

export class Fleet {
  readonly channel: GrpcChannel;
  readonly containers: Client<typeof Containers>;
  readonly tasks: Client<typeof Tasks>;
  readonly snapshots: Client<typeof Snapshots>;
  readonly leases: Client<typeof Leases>;
  readonly #template: Container;
  readonly #parent: string;

  private constructor(channel: GrpcChannel, namespace: string, template: Container, parent: string) {
    this.channel = channel;
    this.containers = grpcClient(Containers, channel, { namespace });
    this.tasks = grpcClient(Tasks, channel, { namespace });
    this.snapshots = grpcClient(Snapshots, channel, { namespace });
    this.leases = grpcClient(Leases, channel, { namespace });
    this.#template = template;
    this.#parent = parent;
  }

  /** Connects. What a container is made of is learned from one that ctr makes. */
  static async open({ socket, namespace, image }: FleetOptions): Promise<Fleet> {
    const words = ['-n', namespace, 'containers'];
    const made = await ctr({ containerd: socket }, [...words, 'create', image, 'template', 'true']);
    if (made.code !== 0) throw new Error(`ctr containers create: ${made.stderr}`);
    const channel = connect(socket);
    const { container } = await grpcClient(Containers, channel, { namespace }).get({ id: 'template' });
    const { info } = await grpcClient(Snapshots, channel, { namespace }).stat({ snapshotter, key: 'template' });
    await ctr({ containerd: socket }, [...words, 'rm', 'template']);
    return new Fleet(channel, namespace, container!, info?.parent ?? '');
  }

  close(): void {
    this.channel.close();
  }

  /** Makes a container with its snapshot, and no task. */
  async create(id: string, args: readonly string[]): Promise<void> {
    await this.snapshots.prepare(this.#snapshot(id));
    await this.containers.create({ container: this.record(id, args) });
  }

  /** Makes and starts the task of a container, with streams to nowhere; answers the pid. */
  async start(id: string): Promise<number> {
    const { mounts } = await this.snapshots.mounts({ snapshotter, key: id });
    const { pid } = await this.tasks.create({ containerId: id, rootfs: mounts });
    await this.tasks.start({ containerId: id });
    return pid;
  }

  /** Removes a container without a task, and its snapshot. */
  async remove(id: string): Promise<void> {
    await this.containers.delete({ id });
    await this.snapshots.remove({ snapshotter, key: id });
  }

  /** The record of a container as ctr would make it. */
  record(id: string, args: readonly string[]): Partial<Container> {
    const { image, runtime, spec } = this.#template;
    const text = Buffer.from(spec?.value ?? []).toString();
    const copy = JSON.parse(text.replaceAll('/template"', `/${id}"`));
    copy.process.args = args;
    const value = Buffer.from(JSON.stringify(copy));
    return { id, image, runtime, snapshotter, snapshotKey: id, spec: { typeUrl: spec?.typeUrl ?? '', value } };
  }

  /**
   * Brings a container to run, however far it is already; answers its pid. The server may go at any time: what it has
   * done by then is found out from it when it is back.
   */
  async ensureRunning(id: string, args: readonly string[]): Promise<number> {
    return this.#insist(async () => {
      await unless('already exists', this.snapshots.prepare(this.#snapshot(id)));
      await unless('already exists', this.containers.create({ container: this.record(id, args) }));
      const { mounts } = await this.snapshots.mounts({ snapshotter, key: id });
      await unless('already exists', this.tasks.create({ containerId: id, rootfs: mounts }));
      const { process } = await this.tasks.get({ containerId: id });
      if (process?.status === Status.CREATED) await this.tasks.start({ containerId: id });
      return process?.pid ?? 0;
    });
  }

  /** All tasks, as soon as the server answers. */
  async listTasks(): Promise<Process[]> {
    return this.#insist(async () => (await this.tasks.list({})).tasks);
  }

  /** Has everything removed that nothing refers to, and waits for it: the deletion of a lease can be told to. */
  async collectGarbage(): Promise<void> {
    await this.leases.create({ id: 'garbage' });
    await this.leases.delete({ id: 'garbage', sync: true });
  }

  /** Waits for a task's end and deletes it; answers its exit status, or undefined if there is no such task any more. */
  async collect(id: string): Promise<number | undefined> {
    let status: number | undefined;
    await this.#insist(async () => {
      status = (await this.tasks.wait({ containerId: id })).exitStatus;
      await this.tasks.delete({ containerId: id });
    }, 'not found');
    return status;
  }

  /** Sends a signal to a task's first process. A task that has ended or is gone is no error. */
  async kill(id: string, signal: number): Promise<void> {
    await this.#insist(() => this.tasks.kill({ containerId: id, signal }).then(() => undefined), 'not found');
  }

  /** Removes what is left of a container that has no task. */
  async ensureRemoved(id: string): Promise<void> {
    await this.#insist(() => this.containers.delete({ id }).then(() => undefined), 'not found');
    await this.#insist(() => this.snapshots.remove({ snapshotter, key: id }).then(() => undefined), 'not found');
  }

  /** How often a server that went away had to be asked again, by the error's kind. */
  readonly errors = new Map<string, number>();

  /** What is asked for as a container's snapshot. Until its container refers to it, a label keeps it. */
  #snapshot(id: string) {
    const labels = { 'containerd.io/gc.root': new Date().toISOString() };
    return { snapshotter, key: id, parent: this.#parent, labels };
  }

  /** Takes an action again while the server is away or comes back. */
  async #insist<T>(action: () => Promise<T>, accepted?: 'not found'): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await action();
      } catch (error) {
        if (accepted !== undefined && isKind(error, accepted)) return undefined as T;
        const { kind = 'unknown' } = error as Partial<RpcError>;
        this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
        if (attempt >= 20 || !isPassing(error)) throw error;
        await this.channel.waitForReady(30_000);
        await sleep(50);
      }
    }
  }
}

/** Errors of a server that was killed, or of a shim that was. */
function isPassing(error: unknown): boolean {
  return isKind(error, 'unavailable') || isKind(error, 'cancelled') || /ttrpc: closed/.test(String(error));
}

/** Takes an error of a kind for success. */
async function unless(kind: 'already exists', call: Promise<unknown>): Promise<void> {
  await call.catch((error) => {
    if (!isKind(error, kind)) throw error;
  });
}

/** Does something for each of many items, a few at a time. */
export async function eachOf<T>(items: Iterable<T>, atOnce: number, action: (item: T) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
