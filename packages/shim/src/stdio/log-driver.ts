/**
 * A logging driver: a program that reads a process's output, as containerd starts them (`binary:///path?argument=value`).
 * It gets the output as descriptor 3, the errors as 4, and closes 5 when it is ready.
 */
import { closeSync } from 'node:fs';
import { syscall } from '@drydock/linux/syscall';
import { RpcError } from '@drydock/rpc/errors';
import type { Exits } from '../exits.ts';
import type { BunProcess } from '../runtime/runtime.ts';
import { readDescriptor } from './read-descriptor.ts';

declare const Bun: {
  spawn(
    command: readonly string[],
    options: { env: Readonly<Record<string, string>>; stdio: readonly ('ignore' | number)[] },
  ): BunProcess;
};

/** Milliseconds that a driver has to end after SIGTERM: containerd's binaryIOProcTermTimeout. */
const endTimeout = 12_000;
const closeOnExec = 0o2000000;

/** Whose output it is; the driver gets it in its environment. */
export interface Logged {
  readonly id: string;
  readonly namespace: string;
}

export interface LogDriver {
  /** The writing ends, for the process. */
  readonly stdout: number;
  readonly stderr: number;
  /** The process has ended and its ends are closed: the driver shall end too. */
  end(): void;
}

/** Starts a driver. Resolves when it is ready. Throws with the path of one that cannot be started. */
export async function startLogDriver(uri: string, { id, namespace }: Logged, exits: Exits): Promise<LogDriver> {
  const url = new URL(uri);
  const path = decodeURIComponent(url.pathname);
  // Each key once, with its first value, as containerd does.
  const keys = [...new Set(url.searchParams.keys())];
  const args = keys.flatMap((key) => [key, url.searchParams.get(key) ?? '']);
  const [stdout, stderr, ready] = [makePipe(), makePipe(), makePipe()];
  let driver: BunProcess;
  try {
    driver = Bun.spawn([path, ...args], {
      env: { CONTAINER_ID: id, CONTAINER_NAMESPACE: namespace },
      stdio: ['ignore', 'ignore', 'ignore', stdout.read, stderr.read, ready.write],
    });
  } catch (error) {
    for (const { read, write } of [stdout, stderr, ready]) for (const fd of [read, write]) closeSync(fd);
    throw new RpcError('unknown', `failed to start binary process: ${path}: ${(error as Error).message}`);
  }
  const release = exits.foreign(driver.pid);
  void driver.exited.finally(release);
  for (const fd of [stdout.read, stderr.read, ready.write]) closeSync(fd);
  for await (const _ of readDescriptor(ready.read)) break;
  closeSync(ready.read);
  return {
    stdout: stdout.write,
    stderr: stderr.write,
    end: () => {
      driver.kill('SIGTERM');
      const timer = setTimeout(() => driver.kill('SIGKILL'), endTimeout);
      void driver.exited.finally(() => clearTimeout(timer));
    },
  };
}

function makePipe(): { readonly read: number; readonly write: number } {
  const ends = new Int32Array(2);
  syscall('pipe2', [new Uint8Array(ends.buffer), closeOnExec], 'pipe');
  return { read: ends[0]!, write: ends[1]! };
}
