/** Serves services over ttrpc on a unix socket. */
import { createServer, type Socket } from 'node:net';
import type { Implementation } from './service.ts';
import { ttrpcHandler } from './ttrpc-handler.ts';

/** Where to listen: a path to make a socket at, or a descriptor that listens already. */
export type Listener = string | { readonly fd: number };

/** Serves on a unix socket until closed. Rejects if the address is in use. */
export function serveTtrpc(
  listener: Listener,
  implementations: readonly Implementation[],
): Promise<{ close(): Promise<void> }> {
  const open = new Set<Socket>();
  const handle = ttrpcHandler(implementations);
  const server = createServer((socket) => {
    open.add(socket);
    const receiver = handle(socket);
    socket.on('data', receiver.data);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      open.delete(socket);
      receiver.closed();
    });
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(typeof listener === 'string' ? { path: listener } : listener, () => resolve({ close }));
  });
}
