/** A container in the engine: its record, its streams, and who waits for it. */
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Mount } from '@drydock/rpc/generated/types';
import { Mutex } from '../mutex.ts';
import type { JsonFileLog } from './log/json-file.ts';
import type { ContainerRecord, ContainerState } from './record.ts';
import type { ProcessIo } from './stdio/process-io.ts';
import { Streams } from './stdio/streams.ts';

/** When a wait ends. */
export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** How a wait ended. */
export interface WaitResult {
  readonly exitCode: number;
  readonly error: string | undefined;
}

export interface ContainerPaths {
  readonly directory: string;
  readonly log: string;
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
  /** Where the pipes of its processes are. */
  readonly runtimeDirectory: string;
}

interface ContainerEvents {
  exit: [WaitResult];
  removed: [WaitResult];
}

export class Container {
  record: ContainerRecord;
  readonly paths: ContainerPaths;
  readonly streams = new Streams();
  /** Start, stop, exit and removal exclude each other. */
  readonly lock = new Mutex();
  /** The mounts of its file tree, once they were asked for. */
  rootfs: readonly Mount[] | undefined;
  /** The pipes of the run that goes on. */
  io: ProcessIo | undefined;
  log: JsonFileLog | undefined;
  /** An out-of-memory kill was reported for this run. */
  oomSeen = false;
  removing = false;
  /** Ends the wait before the next restart. */
  cancelRestart: (() => void) | undefined;
  readonly #events = new EventEmitter<ContainerEvents>();
  readonly #save: (record: ContainerRecord) => void;

  constructor(record: ContainerRecord, paths: ContainerPaths, save: (record: ContainerRecord) => void) {
    this.record = record;
    this.paths = paths;
    this.#save = save;
    this.#events.setMaxListeners(0);
  }

  get id(): string {
    return this.record.id;
  }

  get state(): ContainerState {
    return this.record.state;
  }

  /** The first process exists, paused or not; also between an exit and the restart that a policy orders. */
  get isRunning(): boolean {
    const { status } = this.state;
    return status === 'running' || status === 'paused' || status === 'restarting';
  }

  get isPaused(): boolean {
    return this.state.status === 'paused';
  }

  /** Changes the record, and stores it. */
  update(changes: Partial<ContainerRecord>): void {
    this.record = { ...this.record, ...changes };
    this.#save(this.record);
  }

  /** Changes the state, and stores it. */
  setState(changes: Partial<ContainerState>): void {
    this.update({ state: { ...this.state, ...changes } });
  }

  /** Tells all who wait that the run has ended. */
  announceExit(): void {
    this.#events.emit('exit', { exitCode: this.state.exitCode, error: undefined });
  }

  /** Tells all who wait that the container is gone. */
  announceRemoval(error?: string): void {
    const result = { exitCode: this.state.exitCode, error };
    this.#events.emit('removed', result);
    // A container that never ran, or is removed while it is created, has no exit to wait for any more.
    this.#events.emit('exit', result);
  }

  /** Resolves when the condition holds; rejects with the signal's reason when it is aborted. */
  wait(condition: WaitCondition, signal: AbortSignal): Promise<WaitResult> {
    if (condition === 'not-running' && !this.isRunning)
      return Promise.resolve({ exitCode: this.state.exitCode, error: undefined });
    return new Promise((resolve, reject) => {
      const event = condition === 'removed' ? 'removed' : 'exit';
      const ended = (result: WaitResult): void => {
        signal.removeEventListener('abort', aborted);
        resolve(result);
      };
      const aborted = (): void => {
        this.#events.off(event, ended);
        reject(signal.reason);
      };
      this.#events.once(event, ended);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }
}

/** Where a container's files are. */
export function containerPaths(
  id: string,
  { dataRoot, execRoot }: { dataRoot: string; execRoot: string },
): ContainerPaths {
  const directory = join(dataRoot, 'containers', id);
  return {
    directory,
    log: join(directory, `${id}-json.log`),
    hostname: join(directory, 'hostname'),
    hosts: join(directory, 'hosts'),
    resolvConf: join(directory, 'resolv.conf'),
    runtimeDirectory: join(execRoot, 'containers', id),
  };
}
