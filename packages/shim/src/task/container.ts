/**
 * One container in the hands of the shim: what the task service does to its init and its execs.
 *
 *   created ──start──▶ running ◀──pause/resume──▶ paused
 *      └────────────────▶ stopped ◀─────────────────┘        delete: from created and stopped
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendSignal } from '@drydock/linux/process';
import { holds, unpackAny } from '@drydock/rpc/any';
import { alreadyExists, failedPrecondition, notFound, RpcError } from '@drydock/rpc/errors';
import type { Any } from '@drydock/rpc/generated/google';
import { CheckpointOptions, type Options } from '@drydock/rpc/generated/runc_options';
import type { CreateRequest, ExecRequest } from '@drydock/rpc/generated/shim_task';
import { Status } from '@drydock/rpc/generated/task_types';
import { oomKills, watchOom } from '../cgroup/oom.ts';
import { cgroupsOf, type ProcessCgroups } from '../cgroup/paths.ts';
import type { Exit, Exits } from '../exits.ts';
import { chooseRuntime, readOptions, saveOptions } from '../options.ts';
import { openRuntime, type Runtime } from '../runtime/runtime.ts';
import { checkpoint, restoreCommand } from './criu.ts';
import { readPidFile, TaskProcess } from './process.ts';
import { mountRootfs, unmountRootfs } from './rootfs.ts';

/** Milliseconds that a terminal's reader has, when the process is deleted, to take what is left: as containerd's shim. */
const copyTimeout = 2000;

export interface ContainerOptions {
  readonly namespace: string;
  readonly exits: Exits;
  /** Called whenever the container has run out of memory. */
  readonly onOom: (container: Container) => void;
  /** Called once for each process that ends, after its start has been told. */
  readonly onExit: (container: Container, process: TaskProcess, exit: Exit) => void;
}

/** A container whose runtime's `create` has succeeded; or one that is restored from a checkpoint when it is started. */
export class Container {
  readonly id: string;
  readonly bundle: string;
  readonly init: TaskProcess;
  readonly execs = new Map<string, TaskProcess>();
  readonly runtime: Runtime;
  /** The cgroups of init, as they were when it was created; they outlive it. */
  cgroups: ProcessCgroups = { version: 2, paths: {} };
  #execSpecs = new Map<string, unknown>();
  /** How often it was told that the cgroup has run out of memory; what came before the container counts as told. */
  oomsTold = 0;
  readonly #watch = new AbortController();
  readonly #request: CreateRequest;
  readonly #runtimeOptions: Options;
  readonly #options: ContainerOptions;

  private constructor(request: CreateRequest, runtimeOptions: Options, options: ContainerOptions) {
    this.id = request.id;
    this.bundle = request.bundle;
    this.init = new TaskProcess('', request);
    this.runtime = openRuntime(chooseRuntime(runtimeOptions, options.namespace), request.bundle, options.exits);
    this.#request = request;
    this.#runtimeOptions = runtimeOptions;
    this.#options = options;
  }

  /**
   * Mounts the rootfs and has the runtime create the container, unless there is a checkpoint: it has no process before
   * its start. If that fails, nothing stays mounted.
   */
  static async create(request: CreateRequest, options: ContainerOptions): Promise<Container> {
    const runtimeOptions = readOptions(request.options);
    saveOptions(request.bundle, runtimeOptions);
    const container = new Container(request, runtimeOptions, options);
    mountRootfs(request.rootfs, request.bundle);
    try {
      if (request.checkpoint === '') await container.#create();
    } catch (error) {
      unmountRootfs(request.bundle);
      throw error;
    }
    return container;
  }

  get #pidFile(): string {
    return join(this.bundle, 'init.pid');
  }

  async #create(): Promise<void> {
    const { noPivotRoot, noNewKeyring } = this.#runtimeOptions;
    const pidFile = this.#pidFile;
    const flags = [...(noPivotRoot ? ['--no-pivot'] : []), ...(noNewKeyring ? ['--no-new-keyring'] : [])];
    await this.#launch(this.init, pidFile, (console) => ({
      command: ['create', '--bundle', this.bundle, '--pid-file', pidFile, ...console, ...flags, this.id],
      failure: 'OCI runtime create failed',
    }));
    this.#findCgroups();
  }

  #findCgroups(): void {
    this.cgroups = cgroupsOf(this.init.pid);
    this.oomsTold = oomKills(this.cgroups);
    watchOom(this.cgroups, this.#watch.signal, () => {
      // The exit may have told it already.
      if (this.init.status !== Status.STOPPED || oomKills(this.cgroups) > this.oomsTold) this.#options.onOom(this);
    });
  }

  /** Runs the user's program. */
  start(): Promise<void> {
    this.#expect(this.init, Status.CREATED, 'start', 'process');
    return this.#starting(this.init, async () => {
      if (this.init.pid === 0) await this.#restore();
      else await this.runtime.run(['start', this.id], { failure: 'OCI runtime start failed' });
    });
  }

  async #restore(): Promise<void> {
    const pidFile = this.#pidFile;
    await this.#launch(this.init, pidFile, (console) => ({
      command: restoreCommand(this.#request, this.#runtimeOptions, { pidFile, console }),
      failure: 'OCI runtime restore failed',
    }));
    this.#findCgroups();
  }

  /** Writes criu's images of the container to a directory. */
  async checkpoint(path: string, options: Any | undefined): Promise<void> {
    const { status } = this.init;
    if (status === Status.CREATED) throw new RpcError('unknown', 'cannot checkpoint a task in created state');
    if (status === Status.STOPPED) throw new RpcError('unknown', 'cannot checkpoint a stopped container');
    const given =
      options !== undefined && holds(options, CheckpointOptions)
        ? unpackAny(CheckpointOptions, options)
        : CheckpointOptions.decode(new Uint8Array(0));
    await checkpoint(this, path, given);
  }

  /** Keeps an exec's specification until it is started. */
  addExec(request: ExecRequest): void {
    if (this.init.status !== Status.RUNNING && this.init.status !== Status.CREATED)
      throw new RpcError(
        'unknown',
        `cannot exec in a ${this.init.status === Status.PAUSED ? 'paused' : 'stopped'} state`,
      );
    if (this.execs.has(request.execId)) throw alreadyExists(`id ${request.execId}: already exists`);
    const spec = JSON.parse(Buffer.from(request.spec?.value ?? []).toString() || '{}');
    this.#execSpecs.set(request.execId, { ...spec, terminal: request.terminal });
    this.execs.set(request.execId, new TaskProcess(request.execId, request));
  }

  /** Runs an exec. */
  startExec(execId: string): Promise<void> {
    const process = this.process(execId);
    this.#expect(process, Status.CREATED, 'start', 'process');
    const specFile = join(this.bundle, `${execId}.json`);
    const pidFile = join(this.bundle, `${execId}.pid`);
    return this.#starting(process, async () => {
      writeFileSync(specFile, JSON.stringify(this.#execSpecs.get(execId)), { mode: 0o600 });
      try {
        await this.#launch(process, pidFile, (console) => ({
          command: ['exec', '--process', specFile, ...console, '--detach', '--pid-file', pidFile, this.id],
          failure: 'OCI runtime exec failed',
        }));
      } finally {
        rmSync(specFile, { force: true });
      }
    });
  }

  /** Sends a signal: to init by the runtime, to an exec directly, to all processes with `all`. */
  async kill(execId: string, signal: number, all: boolean): Promise<void> {
    const process = this.process(execId);
    if (execId === '') {
      if (this.init.status === Status.STOPPED && !all) throw notFound('process already finished: not found');
      await this.runtime
        .run(['kill', ...(all ? ['--all'] : []), this.id, String(signal)], { failure: 'OCI runtime kill failed' })
        .catch((error: Error) => {
          throw killError(error);
        });
      return;
    }
    if (process.pid === 0) throw failedPrecondition('process not created: failed precondition');
    if (process.status === Status.STOPPED || !sendSignal(process.pid, signal))
      throw notFound('process already finished: not found');
  }

  async pause(): Promise<void> {
    if (this.init.status === Status.CREATED) throw new RpcError('unknown', 'cannot pause task in created state');
    this.#expect(this.init, Status.RUNNING, 'pause', 'container');
    await this.runtime.run(['pause', this.id], { failure: 'OCI runtime pause failed' });
    this.init.status = Status.PAUSED;
  }

  async resume(): Promise<void> {
    if (this.init.status === Status.CREATED) throw new RpcError('unknown', 'cannot resume task in created state');
    this.#expect(this.init, Status.PAUSED, 'resume', this.init.running ? 'process' : 'container');
    await this.runtime.run(['resume', this.id], { failure: 'OCI runtime resume failed' });
    this.init.status = Status.RUNNING;
  }

  async update(resources: string): Promise<void> {
    if (this.init.status === Status.STOPPED) throw new RpcError('unknown', 'cannot update a stopped container');
    await this.runtime.run(['update', '--resources', '-', this.id], {
      input: resources,
      failure: 'OCI runtime update failed',
    });
  }

  /** Removes what is left of an exec. */
  async deleteExec(execId: string): Promise<TaskProcess> {
    const process = this.process(execId);
    if (process.running) throw new RpcError('unknown', 'cannot delete a running process');
    await process.finishStreams(copyTimeout);
    this.execs.delete(execId);
    this.#execSpecs.delete(execId);
    rmSync(join(this.bundle, `${execId}.pid`), { force: true });
    return process;
  }

  /** Removes what is left of the container; one that was never started is killed first. */
  async delete(): Promise<TaskProcess> {
    if (this.init.running) throw new RpcError('unknown', 'cannot delete a running process');
    if (this.init.status === Status.PAUSED) throw new RpcError('unknown', 'cannot delete a paused process');
    await this.runtime.run(['delete', this.id], { failure: 'failed to delete task' }).catch((error: Error) => {
      if (!error.message.includes('does not exist')) throw error;
    });
    if (this.init.pid !== 0) await this.init.exited;
    this.#watch.abort();
    await Promise.all([this.init, ...this.execs.values()].map((process) => process.finishStreams(copyTimeout)));
    unmountRootfs(this.bundle);
    return this.init;
  }

  /** Init for '', else the exec. Throws `not found`. */
  process(execId: string): TaskProcess {
    const process = execId === '' ? this.init : this.execs.get(execId);
    if (process === undefined) throw notFound(`process does not exist ${execId}: not found`);
    return process;
  }

  /** Runs the runtime's create or exec with the process's streams, then watches the process that it left. */
  async #launch(
    process: TaskProcess,
    pidFile: string,
    plan: (console: readonly string[]) => { readonly command: readonly string[]; readonly failure: string },
  ): Promise<void> {
    const { namespace, exits } = this.#options;
    const { ioUid: uid, ioGid: gid } = this.#runtimeOptions;
    const id = process.execId || this.id;
    const streams = await process.openStreams({ logged: { id, namespace }, owner: { uid, gid }, exits });
    const console = streams.consoleSocket === undefined ? [] : ['--console-socket', streams.consoleSocket];
    const { command, failure } = plan(console);
    try {
      const stdio = streams.consoleSocket === undefined ? { stdio: streams.descriptors } : {};
      await this.runtime.run(command, { failure, ...stdio });
      process.pid = readPidFile(pidFile);
      void this.#awaitExit(process);
      streams.connected?.();
    } catch (error) {
      // The caller reads until the end, which nobody else would give it.
      streams.close();
      throw error;
    } finally {
      streams.handedOver();
    }
  }

  async #awaitExit(process: TaskProcess): Promise<void> {
    const exit = await this.#options.exits.watch(process.pid);
    await process.started.catch(() => {});
    // A frozen container could not be deleted.
    if (process === this.init && process.status === Status.PAUSED)
      await this.runtime.run(['resume', this.id], { failure: 'OCI runtime resume failed' }).catch(() => {});
    process.end(exit);
    this.#options.onExit(this, process, exit);
  }

  /** Runs a start; meanwhile an exit is held back, so that it is told after the start. */
  #starting(process: TaskProcess, start: () => Promise<void>): Promise<void> {
    const running = start().then(() => {
      process.status = Status.RUNNING;
    });
    process.started = running;
    return running;
  }

  #expect(process: TaskProcess, status: number, verb: string, noun: string): void {
    if (process.status === status) return;
    throw new RpcError('unknown', `cannot ${verb} a ${statusWords[process.status] ?? 'deleted'} ${noun}`);
  }
}

const statusWords: Readonly<Record<number, string>> = {
  [Status.CREATED]: 'created',
  [Status.RUNNING]: 'running',
  [Status.STOPPED]: 'stopped',
  [Status.PAUSED]: 'paused',
};

/** What containerd's shim makes of a failed `kill`: a process that is gone is `not found`. */
function killError(error: Error): RpcError {
  const text = error.message.toLowerCase();
  if (/process already finished|container not running|no such process/.test(text))
    return notFound('process already finished: not found');
  if (text.includes('does not exist')) return notFound('no such container: not found');
  return new RpcError('unknown', `unknown error after kill: ${error.message}`, { cause: error });
}
