/** A connection to one shim, past the supervisor. */
import { closeSync } from 'node:fs';
import { connectUnix } from '@drydock/linux/socket';
import { connectTtrpc, type TtrpcConnection } from '@drydock/rpc/ttrpc-client';
import { Supervisor } from '../context.ts';
import { findShim } from './find.ts';

export interface ShimAddress {
  readonly id: string;
  readonly shimAddress: string;
  readonly address: string;
  readonly namespace: string;
}

/** Connects to a container's shim: at the address that is given, or where the kernel says that it listens. */
export async function withShim<T>(where: ShimAddress, action: (connection: TtrpcConnection) => Promise<T>): Promise<T> {
  if (where.id === '') throw new Error('container id must be specified');
  const path = (where.shimAddress || (await locate(where))).replace(/^unix:\/\//, '').replace(/^@/, '\0');
  // Node's own error names neither the call nor the socket.
  if (!path.startsWith('\0')) closeSync(connectUnix(path));
  const connection = await connectTtrpc(path);
  try {
    return await action(connection);
  } finally {
    connection.close();
  }
}

async function locate({ id, namespace, address }: ShimAddress): Promise<string> {
  const supervisor = new Supervisor({ address, namespace });
  try {
    const answer = await supervisor.tasks.get({ containerId: id }).catch(() => undefined);
    return findShim(namespace, id, answer?.process?.pid ?? 0).socket;
  } finally {
    supervisor.channel.close();
  }
}
