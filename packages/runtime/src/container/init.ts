/**
 * Starts a compiled program in a child and follows it to the point where the child waits for `start`, or executes. The
 * sequence is drawn in compile/sync.ts.
 */
import { closeFile } from '@drydock/linux/disk';
import { errnoText } from '@drydock/linux/errno';
import { makeExecutable } from '@drydock/linux/program/executable';
import { launch } from '@drydock/linux/program/launch';
import { type Layout, layOut, type Machine } from '@drydock/linux/program/layout';
import type { Program } from '@drydock/linux/program/program';
import { headerAddress } from '@drydock/linux/program/routine';
import { syscall, trySyscall } from '@drydock/linux/syscall';
import { stepMessage, timeBytes, timesMessage } from '../compile/observe.ts';
import { listenerMessage, messageBytes, milestones, pidMessage } from '../compile/sync.ts';
import { Failure } from '../failure.ts';
import { behind } from './descriptors.ts';
import { waitForChild } from './process.ts';

/** What a child reports; `listener`: see {@link InitProcess.listener}. */
export type Milestone = keyof typeof milestones | 'step' | 'listener';
type Message = Milestone | 'pid' | 'times';

const milestoneNames = Object.fromEntries(
  Object.entries(milestones).map(([name, number]) => [number, name]),
) as Readonly<Record<number, keyof typeof milestones>>;

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** A pipe that is closed on exec, behind the descriptors that the command gets. */
export function makePipe(preserved: number): Pipe {
  const ends = new Uint8Array(8);
  syscall('pipe2', [ends, 0o2000000], 'pipe');
  const [read = -1, write = -1] = new Int32Array(ends.buffer);
  return { read: behind(preserved, read), write: behind(preserved, write) };
}

export interface InitOptions {
  readonly program: Program;
  readonly machine: Machine;
  /** What a process list shows. */
  readonly title: readonly string[];
  /** CLONE_NEW… flags. */
  readonly namespaces: number;
  readonly pidNamespace?: number | undefined;
  readonly cgroup?: number | undefined;
  readonly preserved: number;
  /** Descriptors that the program uses, beside those of the pipes. */
  readonly keep: readonly number[];
  readonly report: Pipe;
  readonly go?: Pipe | undefined;
  /** Whether a child of the child goes on, whose pid is reported. */
  readonly handsOver?: boolean;
  /** With stops: the pipe that lets the child go on, and the operation that makes the second child if there is one. */
  readonly steps?: { readonly pipe: Pipe; readonly cloneAt: number } | undefined;
}

/** A child on its way. Its pipes are this object's: {@link InitProcess.close} closes them. */
export class InitProcess {
  /** The process that is at work; another one after a child of the first has gone on. */
  pid: number;
  /** The number of the child's descriptor that its seccomp filter reports calls on. */
  listener = -1;
  readonly #layout: Layout;
  readonly #report: Pipe;
  readonly #go: Pipe | undefined;
  readonly #steps: InitOptions['steps'];
  #handsOver: boolean;
  /** The operation that the child has stopped in front of. */
  stoppedAt = 0;
  /** With clocks: nanoseconds since 1970 at the begin of each segment, and when all was ready. */
  times: readonly bigint[] = [];

  private constructor(pid: number, layout: Layout, { report, go, steps, handsOver = false }: InitOptions) {
    this.pid = pid;
    this.#handsOver = handsOver;
    this.#layout = layout;
    this.#report = report;
    this.#go = go;
    this.#steps = steps;
  }

  static start(options: InitOptions): InitProcess {
    const { program, machine, report, go, steps, keep } = options;
    const layout = layOut(program, { machine, address: headerAddress, reportTo: report.write });
    const pid = launch({
      executable: makeExecutable(machine, layout.bytes),
      title: options.title,
      namespaces: options.namespaces,
      pidNamespace: options.pidNamespace,
      cgroup: options.cgroup,
      preserved: options.preserved,
      keep: [report.write, ...(go ? [go.read] : []), ...(steps ? [steps.pipe.read] : []), ...keep],
      reportTo: report.write,
    });
    // Only the child shall hold the ends that it uses: then their end is its end.
    closeFile(report.write);
    if (go) closeFile(go.read);
    if (steps) closeFile(steps.pipe.read);
    return new InitProcess(pid, layout, options);
  }

  /**
   * Waits for the child's next milestone. Throws {@link Failure} with the failed operation's words; `explainDeath` has
   * some for a child that died without any.
   */
  next(explainDeath: (exitCode: number) => string): Milestone {
    let milestone: Milestone | undefined;
    while (milestone === undefined || this.#awaitsPid(milestone)) {
      const message = this.#read();
      if (message === undefined) throw new Failure(explainDeath(waitForChild(this.pid)));
      if (message !== 'pid' && message !== 'times') milestone = message;
    }
    return milestone;
  }

  /** A second child may report before the first has told its pid. */
  #awaitsPid(milestone: Milestone): boolean {
    if (milestone === 'step') return this.#handsOver && this.stoppedAt > (this.#steps?.cloneAt ?? 0);
    return this.#handsOver && milestone !== 'mappings';
  }

  /** Waits until the child has executed another file, or has died. Throws {@link Failure} if an operation failed. */
  executed(): void {
    while (this.#read() !== undefined);
  }

  /** Lets the child go on. */
  proceed(): void {
    if (this.#go) syscall('write', [this.#go.write, 'x', 1], 'write to the container');
  }

  /** Lets the child do what it has stopped in front of. */
  step(): void {
    if (this.#steps) syscall('write', [this.#steps.pipe.write, 'x', 1], 'write to the container');
  }

  close(): void {
    closeFile(this.#report.read);
    if (this.#go) closeFile(this.#go.write);
    if (this.#steps) closeFile(this.#steps.pipe.write);
  }

  /** Ends the child, if it has not ended. */
  kill(): void {
    const sigkill = 9;
    trySyscall('kill', this.pid, sigkill);
    trySyscall('wait4', this.pid, new Uint8Array(4), 0, null);
  }

  /** What is reported next; undefined at the end of the pipe. Throws on a report of failure. */
  #read(): Message | undefined {
    const message = Buffer.alloc(messageBytes);
    const length = syscall('read', [this.#report.read, message, messageBytes], 'read from the container');
    if (length < messageBytes) return undefined;
    const address = Number(message.readBigUInt64LE(0));
    const result = Number(message.readBigInt64LE(8));
    if (address === pidMessage) {
      this.#follow(result);
      return 'pid';
    }
    if (address === stepMessage) {
      this.stoppedAt = result;
      return 'step';
    }
    if (address === timesMessage) {
      this.times = this.#readTimes(result);
      return 'times';
    }
    if (address === listenerMessage) {
      this.listener = result;
      return 'listener';
    }
    if (address !== 0) throw new Failure(this.#failureText(address, -result));
    return milestoneNames[result];
  }

  #readTimes(count: number): readonly bigint[] {
    const data = Buffer.alloc(count * timeBytes);
    const length = syscall('read', [this.#report.read, data, data.length], 'read from the container');
    if (length < data.length) throw new Failure(`the container told ${length} of ${data.length} bytes of its times`);
    return Array.from({ length: count }, (_, index) => {
      const at = index * timeBytes;
      return data.readBigInt64LE(at) * 1_000_000_000n + data.readBigInt64LE(at + 8);
    });
  }

  /** The first child ends, the second goes on. */
  #follow(pid: number): void {
    waitForChild(this.pid);
    this.pid = pid;
    this.#handsOver = false;
  }

  #failureText(address: number, errno: number): string {
    const operation = this.#layout.operationAt(address);
    // The launcher's own operations, before the executable runs.
    if (operation === undefined) return `error during container init: start the init process: ${errnoText(errno)}`;
    const { failure } = operation;
    return typeof failure === 'function'
      ? failure(errno)
      : `error during container init: ${failure}: ${errnoText(errno)}`;
  }
}
