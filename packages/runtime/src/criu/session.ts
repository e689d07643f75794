/**
 * One run of criu as a service of this process (`criu swrk`):
 *
 *     runtime                                   criu
 *     socketpair, start it with one end as 3 ─▶
 *     request                                ─▶
 *                                            ◀─ {NOTIFY, what it is about to do}, a descriptor at times
 *     {NOTIFY, done}                         ─▶
 *                                            ◀─ answer
 *     waits for its end
 */
import { receiveDescriptors } from '@drydock/linux/descriptor-message';
import { closeFile, exists, fileStatusIfPresent } from '@drydock/linux/disk';
import { errnoText } from '@drydock/linux/errno';
import type { Machine } from '@drydock/linux/program/layout';
import { Memory, Slot, stringArray } from '@drydock/linux/program/operation';
import { Program } from '@drydock/linux/program/program';
import { syscall } from '@drydock/linux/syscall';
import { behind } from '../container/descriptors.ts';
import { InitProcess, makePipe } from '../container/init.ts';
import { waitForChild } from '../container/process.ts';
import { Failure } from '../failure.ts';
import { type Request, RequestType, type Response, requestTable, responseTable } from './messages.ts';
import { decode, encode } from './protobuf.ts';

/** The descriptor that criu finds its socket at; those that it inherits follow. */
const socketNumber = 3;

export interface SessionOptions {
  /** criu's path, or a name to look for in PATH. */
  readonly criu: string;
  /** Whether it has this process's standard streams, for what it restores; else it has none. */
  readonly stdio?: boolean;
  /** Descriptors that it gets from 4 on. */
  readonly inherited?: readonly number[];
  /** `tasks` files of cgroups that it enters, and the directory of version 2 that it is born in. */
  readonly cgroup?: { readonly tasks: readonly number[]; readonly birthplace: number | undefined };
}

export interface Notification {
  readonly script: string;
  readonly pid: number;
  /** What came with it, such as a terminal's master; they are closed afterwards. */
  readonly descriptors: readonly number[];
}

/** A running criu. */
export class CriuSession {
  readonly pid: number;
  readonly #socket: number;
  #ended = false;

  private constructor(pid: number, socket: number) {
    this.pid = pid;
    this.#socket = socket;
  }

  /** Throws {@link Failure} if it cannot be executed, in Go's words. */
  static start({ criu, stdio = false, inherited = [], cgroup }: SessionOptions): CriuSession {
    const path = lookUp(criu);
    const [unix, seqpacket, cloexec] = [1, 5, 0o2000000];
    const ends = new Uint8Array(8);
    syscall('socketpair', [unix, seqpacket | cloexec, 0, ends], 'make a pair of sockets');
    const [own = -1, theirs = -1] = new Int32Array(ends.buffer);
    // Behind all numbers that they are copied to.
    const last = socketNumber + 1 + inherited.length;
    const sources = [theirs, ...inherited].map((descriptor) => behind(last, descriptor));
    const tasks = (cgroup?.tasks ?? []).map((descriptor) => behind(last, descriptor));
    const report = makePipe(last);
    const child = InitProcess.start({
      program: criuProgram(path, { sources, tasks, stdio }),
      machine: process.arch as Machine,
      title: ['drydock-runtime', 'criu'],
      namespaces: 0,
      cgroup: cgroup?.birthplace,
      preserved: 3,
      keep: [...sources, ...tasks],
      report,
    });
    try {
      child.executed();
    } finally {
      child.close();
      for (const descriptor of [...sources, ...tasks]) closeFile(descriptor);
    }
    return new CriuSession(child.pid, own);
  }

  /** Asks for something; `notified` does what criu asks for meanwhile. Answers what came last. */
  async ask(request: Request, notified?: (notification: Notification) => Promise<void>): Promise<Response> {
    this.#send(request);
    for (;;) {
      const { data, descriptors } = receiveDescriptors(this.#socket);
      try {
        if (data.length === 0) throw new Failure('unexpected EOF');
        const response = decode(responseTable, data) as Response;
        if (response.type !== RequestType.NOTIFY || !response.success) return response;
        const { script = '', pid = 0 } = response.notify ?? {};
        await notified?.({ script, pid, descriptors });
      } finally {
        for (const descriptor of descriptors) closeFile(descriptor);
      }
      this.#send({ type: RequestType.NOTIFY, notifySuccess: true });
    }
  }

  /** Waits for its end; answers its exit code. */
  end(): number {
    if (this.#ended) return 0;
    this.#ended = true;
    closeFile(this.#socket);
    return waitForChild(this.pid);
  }

  #send(request: Request): void {
    const bytes = encode(requestTable, request);
    syscall('write', [this.#socket, bytes, bytes.length], 'write to criu');
  }
}

interface Streams {
  readonly sources: readonly number[];
  readonly tasks: readonly number[];
  readonly stdio: boolean;
}

function criuProgram(path: string, { sources, tasks, stdio }: Streams): Program {
  const program = new Program();
  program.stage('criu');
  program.call('rt_sigprocmask', [{ value: 2, text: 'SIG_SETMASK' }, new Memory('[]', 8), 0, 8]);
  for (const descriptor of tasks) program.call('write', [descriptor, '0', 1]);
  if (!stdio) {
    const none = new Slot('/dev/null');
    program.call('openat', [-100, '/dev/null', 2, 0], { store: none });
    for (const target of [0, 1, 2]) program.call('dup3', [none, target, 0]);
  }
  for (const [index, descriptor] of sources.entries()) program.call('dup3', [descriptor, socketNumber + index, 0]);
  program.call('close_range', [socketNumber + sources.length, 0xffffffff, 4]);
  const args = [path, 'swrk', String(socketNumber)];
  const env = Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
  program.call('execve', [path, stringArray(args), stringArray(env)], {
    failure: (errno) => `fork/exec ${path}: ${errnoText(errno)}`,
  });
  return program;
}

function lookUp(name: string): string {
  if (name.includes('/')) return name;
  for (const directory of (process.env.PATH ?? '').split(':')) {
    const path = `${directory || '.'}/${name}`;
    const status = exists(path) ? fileStatusIfPresent(path) : undefined;
    if (status?.type === 'file' && status.permissions & 0o111) return path;
  }
  throw new Failure(`exec: "${name}": executable file not found in $PATH`);
}
