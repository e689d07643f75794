/** A connection to the shim of one task. While it is open the shim lives; its end is the shim's end. */
import { Task } from '@drydock/rpc/generated/shim_task';
import type { Client } from '@drydock/rpc/service';
import { connectTtrpc, type TtrpcConnection, ttrpcClient } from '@drydock/rpc/ttrpc-client';
import type { Bundle } from './bundle.ts';
import type { ShimAddress } from './shim-address.ts';
import type { ShimBinary } from './shim-binary.ts';

export interface Shim {
  readonly bundle: Bundle;
  readonly binary: ShimBinary;
  readonly task: Client<typeof Task>;
  readonly connection: TtrpcConnection;
  /** The shim's process, once it is known. It cannot be another's while the connection is open. */
  pid: number | undefined;
  /** Lets go of what the supervisor holds for the shim besides the connection. */
  release(): void;
}

/** Connects to a shim. Throws with its address if nobody listens there. */
export async function connectShim({ path }: ShimAddress): Promise<TtrpcConnection> {
  try {
    return await connectTtrpc(path);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`dial unix ${path}: connect: ${reasons[code] ?? message}`, { cause: error });
  }
}

/** What containerd's clients read. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no such file or directory',
};

/** What a connection leads to. */
export type ShimParts = Pick<Shim, 'bundle' | 'binary' | 'release'> & {
  readonly pid?: number;
  readonly version: number;
};

export function shimOver(connection: TtrpcConnection, { version, pid, ...parts }: ShimParts): Shim {
  // From version 3 on the service has the version in its name; it is the same.
  const service = version < 3 ? Task : { ...Task, name: `containerd.task.v${version}.Task` };
  return { ...parts, pid, connection, task: ttrpcClient(service, connection) };
}

/** Kills a shim whose connection is still open: nobody else can have its pid. */
export function killShim(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended just now.
  }
}
