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
import { messageBytes, milestones, pidMessage } from '../compile/sync.ts';
import { Failure } from '../failure.ts';
import { behind } from './descriptors.ts';
import { waitForChild } from './process.ts';

type Message = keyof typeof milestones | 'pid';

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
}

/** A child on its way. Its pipes are this object's: {@link InitProcess.close} closes them. */
export class InitProcess {
  /** The process that is at work; another one after a child of the first has gone on. */
  pid: number;
  readonly #layout: Layout;
  readonly #report: Pipe;
  readonly #go: Pipe | undefined;
  #handsOver: boolean;

  private constructor(pid: number, layout: Layout, { report, go, handsOver = false }: InitOptions) {
    this.pid = pid;
    this.#handsOver = handsOver;
    this.#layout = layout;
    this.#report = report;
    this.#go = go;
  }

  static start(options: InitOptions): InitProcess {
    const { program, machine, report, go, keep } = options;
    const layout = layOut(program, { machine, address: headerAddress, reportTo: report.write });
    const pid = launch({
      executable: makeExecutable(machine, layout.bytes),
      title: options.title,
      namespaces: options.namespaces,
      pidNamespace: options.pidNamespace,
      cgroup: options.cgroup,
      preserved: options.preserved,
      keep: [report.write, ...(go ? [go.read] : []), ...keep],
      reportTo: report.write,
    });
    // Only the child shall hold the ends that it uses: then their end is its end.
    closeFile(report.write);
    if (go) closeFile(go.read);
    return new InitProcess(pid, layout, options);
  }

  /**
   * Waits for the child's next milestone. Throws {@link Failure} with the failed operation's words; `explainDeath` has
   * some for a child that died without any.
   */
  next(explainDeath: (exitCode: number) => string): keyof typeof milestones {
    let message: Message | undefined;
    // A second child may report before the first has told its pid.
    while (message === undefined || message === 'pid' || (this.#handsOver && message !== 'mappings')) {
      const next = this.#read();
      if (next === undefined) throw new Failure(explainDeath(waitForChild(this.pid)));
      if (next !== 'pid') message = next;
    }
    return message;
  }

  /** Waits until the child has executed another file, or has died. Throws {@link Failure} if an operation failed. */
  executed(): void {
    while (this.#read() !== undefined);
  }

  /** Lets the child go on. */
  proceed(): void {
    if (this.#go) syscall('write', [this.#go.write, 'x', 1], 'write to the container');
  }

  close(): void {
    closeFile(this.#report.read);
    if (this.#go) closeFile(this.#go.write);
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
    if (address !== 0) throw new Failure(this.#failureText(address, -result));
    return milestoneNames[result];
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
