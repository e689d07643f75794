/** A place to run shims in without a supervisor: what containerd does to a shim is done by the test, and every event kept. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeAll, mkfifo, openHolder } from '../../packages/linux/src/fifo.ts';
import { isAlive } from '../../packages/linux/src/process.ts';
import { packAny } from '../../packages/rpc/src/any.ts';
import type { Input } from '../../packages/rpc/src/codec.ts';
import { toRpcError } from '../../packages/rpc/src/errors.ts';
import { type Envelope, Events } from '../../packages/rpc/src/generated/events_ttrpc.ts';
import { Any } from '../../packages/rpc/src/generated/google.ts';
import { Options } from '../../packages/rpc/src/generated/runc_options.ts';
import { DeleteResponse, Task } from '../../packages/rpc/src/generated/shim_task.ts';
import { type Client, implement } from '../../packages/rpc/src/service.ts';
import { connectTtrpc, type TtrpcConnection, ttrpcClient } from '../../packages/rpc/src/ttrpc-client.ts';
import { serveTtrpc } from '../../packages/rpc/src/ttrpc-server.ts';
import { type DraftSpec, Sandbox } from '../../packages/runtime/src/testing/sandbox.ts';
import { until } from './run.ts';
import { bin } from './stacks.ts';

export const ourShim = join(bin, 'containerd-shim-drydock-v2');
export const realShim = '/usr/bin/containerd-shim-runc-v2';
export const ourRuntime = join(bin, 'drydock-runtime');
/** Why tests that compare with containerd's shim cannot run, if they cannot. */
export const noRealShim =
  process.getuid?.() !== 0
    ? 'needs root'
    : (['containerd-shim-runc-v2', 'runc'].map(missing).find((reason) => reason !== false) ?? false);

export const namespace = 'shim-test';

/** A shim that was started, and a connection to it. */
export interface StartedShim {
  readonly address: string;
  readonly task: Client<typeof Task>;
  readonly connection: TtrpcConnection;
}

export interface PlaceOptions {
  readonly shim: string;
  /** The runtime that the options name, and more of the options. */
  readonly options?: Input<Options>;
}

export class ShimPlace {
  readonly sandbox = new Sandbox();
  readonly directory = this.sandbox.directory;
  readonly shim: string;
  readonly options: Input<Options>;
  readonly events: Envelope[] = [];
  readonly #pids = new Set<number>();
  readonly #ids: string[] = [];
  readonly #logs: number[] = [];
  #server: { close(): Promise<void> } | undefined;

  constructor({ shim, options = {} }: PlaceOptions) {
    this.shim = shim;
    this.options = { binaryName: '/usr/sbin/runc', root: join(this.directory, 'runtime'), ...options };
  }

  /** The socket of the supervisor that this place plays. */
  get supervisor(): string {
    return join(this.directory, 'c.sock');
  }

  /** Serves the service that shims send events to. */
  async listen(): Promise<void> {
    const forward = ({ envelope }: { envelope?: Envelope | undefined }) => {
      if (envelope !== undefined) this.events.push(envelope);
      return {};
    };
    this.#server = await serveTtrpc(`${this.supervisor}.ttrpc`, [implement(Events, { forward })]);
  }

  /** The supervisor goes: events find nobody. */
  async deafen(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Makes the bundle of a container whose command is a shell script. */
  bundle(id: string, script: string, edit: (spec: DraftSpec) => void = () => {}): string {
    const made = this.sandbox.script(script, (spec) => {
      spec.linux.cgroupsPath = `/${namespace}/${id}`;
      edit(spec);
    });
    const bundle = join(this.directory, namespace, id);
    this.#ids.push(id);
    for (const part of ['rootfs', '../../work']) mkdirSync(join(bundle, part), { recursive: true });
    const work = join(this.directory, 'work', id);
    mkdirSync(work, { recursive: true });
    symlinkSync(work, join(bundle, 'work'));
    // A shim's messages go here, and it wants a reader.
    mkfifo(join(bundle, 'log'));
    this.#logs.push(openHolder(join(bundle, 'log')));
    writeFileSync(join(bundle, 'config.json'), readFileSync(join(made, 'config.json')));
    return bundle;
  }

  /** Runs the shim's executable as containerd does. */
  call(id: string, action: readonly string[], input: Uint8Array = new Uint8Array(0), env: NodeJS.ProcessEnv = {}) {
    const flags = ['-namespace', namespace, '-address', this.supervisor, '-publish-binary', '/bin/false', '-id', id];
    const own = { TTRPC_ADDRESS: `${this.supervisor}.ttrpc`, PATH: process.env.PATH, ...env };
    const cwd = join(this.directory, namespace, id);
    const { status, stdout, stderr } = spawnSync(this.shim, [...flags, ...action], { cwd, env: own, input });
    return { status, stdout, stderr: stderr.toString().trim() };
  }

  /** Runs `start` and connects. */
  async start(id: string, options: Input<Options> = this.options): Promise<StartedShim> {
    const { status, stdout, stderr } = this.call(id, ['start'], Any.encode(packAny(Options, options)));
    if (status !== 0) throw new Error(`start: exit status ${status}: ${stdout}${stderr}`);
    return this.connect(stdout.toString().trim());
  }

  async connect(address: string): Promise<StartedShim> {
    const connection = await connectTtrpc(address.replace('unix://', ''));
    const task = ttrpcClient(Task, connection);
    this.#pids.add((await task.connect({ id: '' })).shimPid);
    return { address, connection, task };
  }

  /** Runs `delete`. */
  delete(id: string): DeleteResponse {
    const { status, stdout, stderr } = this.call(id, ['-bundle', join(this.directory, namespace, id), 'delete']);
    if (status !== 0) throw new Error(`delete: exit status ${status}: ${stderr}`);
    return DeleteResponse.decode(stdout);
  }

  /** What `Create` is given, with streams to nowhere. */
  request(id: string, options: Input<Options> = this.options) {
    return { id, bundle: join(this.directory, namespace, id), options: packAny(Options, options) };
  }

  /** Makes a fifo and answers its path. */
  fifo(name: string): string {
    const path = join(this.directory, name);
    if (!existsSync(path)) mkfifo(path);
    return path;
  }

  /** Kills the shims that still live, and removes everything, containers included. */
  async close(): Promise<void> {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    await this.deafen();
    await until('the shims are gone', () => ![...this.#pids].some(isAlive));
    for (const id of this.#ids) if (existsSync(join(this.directory, 'runtime', namespace, id))) this.delete(id);
    closeAll(this.#logs);
    this.sandbox.remove();
  }
}

/** A call's answer or error, for comparison: its kind and its message. */
export async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    const { kind, message } = toRpcError(error);
    return `${kind}: ${message}`;
  }
}

function missing(program: string): string | false {
  return spawnSync(program, ['-v']).error ? `needs ${program}` : false;
}
