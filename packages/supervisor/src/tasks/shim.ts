/** A connection to the shim of one task. While it is open the shim lives; its end is the shim's end. */
import { unavailable } from '@drydock/rpc/errors';
import { Task } from '@drydock/rpc/generated/shim_task';
import type { Client } from '@drydock/rpc/service';
import { connectTtrpc, type TtrpcConnection, ttrpcClient } from '@drydock/rpc/ttrpc-client';
import type { Bundle } from './bundle.ts';
import type { ShimBinary } from './shim-binary.ts';

export interface Shim {
  readonly bundle: Bundle;
  readonly binary: ShimBinary;
  readonly task: Client<typeof Task>;
  readonly connection: TtrpcConnection;
  /** Lets go of what the supervisor holds for the shim besides the connection. */
  release(): void;
}

/** Connects to a shim's address: `unix:///path`, or an abstract socket's name, as `start` prints it. */
export async function connectShim(address: string): Promise<TtrpcConnection> {
  const scheme = 'unix://';
  const path = address.startsWith(scheme) ? address.slice(scheme.length) : `\0${address}`;
  try {
    return await connectTtrpc(path);
  } catch (error) {
    throw unavailable(`connect to shim at ${address}: ${(error as Error).message}`);
  }
}

export function shimOver(
  connection: TtrpcConnection,
  { bundle, binary, release }: Pick<Shim, 'bundle' | 'binary' | 'release'>,
): Shim {
  return { bundle, binary, connection, task: ttrpcClient(Task, connection), release };
}
