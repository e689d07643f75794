/** Connects to a ttrpc server on a unix socket: what a supervisor does with its shims. */
import { createConnection } from 'node:net';
import { type TtrpcConnection, ttrpcOver } from './ttrpc-calls.ts';

export { type TtrpcConnection, ttrpcClient } from './ttrpc-calls.ts';

/** Connects to a unix socket. Rejects with Node's error (ENOENT, ECONNREFUSED) if nobody listens. */
export function connectTtrpc(socketPath: string): Promise<TtrpcConnection> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      const { connection, receiver } = ttrpcOver({
        write: (data) => void socket.write(data),
        close: () => socket.destroy(),
      });
      socket.on('data', receiver.data);
      socket.on('error', () => socket.destroy());
      socket.on('end', () => socket.destroy());
      socket.once('close', receiver.closed);
      resolve(connection);
    });
  });
}
