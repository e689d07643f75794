/** One container as the verbs see it: found by its id, its status, and the lock that verbs hold on it. */

import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { cgroupFromPaths } from '@drydock/linux/cgroups/open';
import { closeFile, exists, openDirectory, openFile } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError, syscall } from '@drydock/linux/syscall';
import type { State, Status } from '@drydock/oci/runtime-spec';
import { Failure, NoSuchContainer } from '../failure.ts';
import { livingProcess, signalProcess } from './process.ts';
import { type ContainerState, readState } from './state.ts';

/** Names of a process that waits to be started: ours (compile/begin.ts) and runc's. */
const waitingNames = /^(drydock:init|runc:\[.*)$/;

const idForm = /^[\w+.-]+$/;

/** Refuses ids that would not be one directory's name. */
export function checkId(id: string): void {
  if (id === '') throw new Failure('container id cannot be empty');
  if (!idForm.test(id) || id === '.' || id === '..') throw new Failure('invalid container ID format');
}

export class Container {
  readonly directory: string;
  readonly state: ContainerState;

  private constructor(directory: string, state: ContainerState) {
    this.directory = directory;
    this.state = state;
  }

  /** Throws {@link NoSuchContainer}. */
  static load(root: string, id: string): Container {
    checkId(id);
    const directory = `${root}/${id}`;
    const state = readState(directory);
    if (state === undefined) throw new NoSuchContainer();
    return new Container(directory, state);
  }

  /** Loads a container and does something with it while no other invocation can. */
  static async exclusively<T>(root: string, id: string, action: (container: Container) => T | Promise<T>): Promise<T> {
    checkId(id);
    const lock = lockDirectory(`${root}/${id}`);
    try {
      return await action(Container.load(root, id));
    } finally {
      closeFile(lock);
    }
  }

  get id(): string {
    return this.state.id;
  }

  get pid(): number {
    return this.state.pid;
  }

  get fifo(): string {
    return `${this.directory}/exec.fifo`;
  }

  get cgroup(): Cgroup {
    return cgroupFromPaths(this.state.cgroupPaths);
  }

  /**
   * A created container can be paused too. Its FIFO is there until the command has been started, and the process has the
   * name of one that waits: after a `start` that was killed in between, only the FIFO is left.
   */
  get status(): Status {
    // A `create` that was killed may have left a process that no one knows.
    if (this.pid === 0) return this.cgroup.processes().length > 0 ? 'creating' : 'stopped';
    const process = livingProcess(this.pid, this.state.startTime);
    if (process === undefined) return 'stopped';
    if (this.cgroup.isFrozen()) return 'paused';
    return waitingNames.test(process.name) && exists(this.fifo) ? 'created' : 'running';
  }

  /** Ends the first process. */
  kill(): void {
    const sigkill = 9;
    signalProcess(this.pid, sigkill);
  }

  /** What hooks get on their standard input. */
  ociState(status: Status = this.status): State {
    return ociState(this.state, status);
  }
}

/** The specification's state of a container. */
export function ociState(state: ContainerState, status: Status): State {
  return {
    ociVersion: state.ociVersion,
    id: state.id,
    status,
    pid: status === 'stopped' ? 0 : state.pid,
    bundle: state.bundle,
    ...(Object.keys(state.annotations).length > 0 ? { annotations: state.annotations } : {}),
  };
}

/** Locks a container's directory (flock(2)); closing the descriptor unlocks it. Throws {@link NoSuchContainer}. */
export function lockDirectory(directory: string): number {
  const exclusive = 2;
  let descriptor: number;
  try {
    descriptor = openFile(directory, openDirectory);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === Errno.ENOENT) throw new NoSuchContainer();
    throw error;
  }
  syscall('flock', [descriptor, exclusive], `lock ${directory}`);
  return descriptor;
}
