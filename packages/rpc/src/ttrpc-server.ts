/**
 * Serves services over ttrpc: what a shim does for its supervisor, and a supervisor for the events of its shims.
 * Requests run concurrently and are answered in the order in which they end. Only peers with our own uid are served.
 */
import { createServer, type Socket } from 'node:net';
import { withTrace } from '@drydock/telemetry/trace';
import { RpcError, toRpcError } from './errors.ts';
import { Request, Response } from './generated/ttrpc.ts';
import { contextOf, traceKey } from './metadata.ts';
import type { Implementation, Method } from './service.ts';
import { encodeFrame, type Frame, frameReader, frameType } from './ttrpc-frame.ts';

interface Target {
  readonly method: Method;
  readonly handler: Implementation['handlers'][string];
}

/** Where to listen: a path to make a socket at, or a descriptor that listens already. */
export type Listener = string | { readonly fd: number };

/** Serves on a unix socket until closed. Rejects if the address is in use. */
export function serveTtrpc(
  listener: Listener,
  implementations: readonly Implementation[],
): Promise<{ close(): Promise<void> }> {
  const open = new Set<Socket>();
  const handle = ttrpcConnectionHandler(implementations);
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    handle(socket);
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

/** Serves one accepted connection until it closes. */
export function ttrpcConnectionHandler(implementations: readonly Implementation[]): (socket: Socket) => void {
  const services = new Map<string, Map<string, Target>>();
  for (const { service, handlers } of implementations) {
    const targets = new Map<string, Target>();
    for (const [key, method] of Object.entries(service.methods)) {
      const handler = handlers[key];
      if (handler !== undefined) targets.set(method.name, { method, handler });
    }
    services.set(service.name, targets);
  }
  return (socket) => serveConnection(socket, services);
}

function serveConnection(socket: Socket, services: Map<string, Map<string, Target>>): void {
  const closed = new AbortController();
  const answer = (stream: number, response: Uint8Array): void => {
    if (!socket.destroyed) socket.write(encodeFrame(stream, frameType.response, response));
  };
  const read = frameReader((frame) => {
    if (frame.type !== frameType.request) return;
    handle(frame, services, closed.signal).then(
      (payload) => answer(frame.stream, Response.encode({ payload })),
      (error) => {
        const { code, message } = toRpcError(error);
        answer(frame.stream, Response.encode({ status: { code, message } }));
      },
    );
  });
  socket.on('data', read);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => closed.abort());
}

async function handle(
  frame: Frame,
  services: Map<string, Map<string, Target>>,
  closed: AbortSignal,
): Promise<Uint8Array> {
  if (frame.oversize) throw new RpcError('unknown', 'message length exceeds the maximum of 4194304 bytes');
  if (frame.stream % 2 === 0)
    throw new RpcError('invalid argument', 'StreamID must be odd for client initiated streams');
  const request = Request.decode(frame.payload);
  const targets = services.get(request.service);
  if (targets === undefined) throw new RpcError('not implemented', `service ${request.service}`);
  const target = targets.get(request.method);
  if (target === undefined) throw new RpcError('not implemented', `method ${request.method}`);
  const metadata: Record<string, string> = {};
  for (const { key, value } of request.metadata) metadata[key] = value;
  const signal =
    request.timeoutNano > 0 ? AbortSignal.any([closed, AbortSignal.timeout(request.timeoutNano / 1e6)]) : closed;
  const context = contextOf(metadata, signal);
  const response = await withTrace(metadata[traceKey], async () =>
    target.handler(target.method.request.decode(request.payload), context),
  );
  return target.method.response.encode(response ?? {});
}
