/** Calls services over ttrpc: what a supervisor does with its shims, and a shim with its supervisor's event service. */
import { createConnection, type Socket } from 'node:net';
import { currentTrace } from '@drydock/telemetry/trace';
import { kindOf, RpcError } from './errors.ts';
import { Request, Response } from './generated/ttrpc.ts';
import { traceKey } from './metadata.ts';
import type { CallOptions, Client, Service } from './service.ts';
import { encodeFrame, frameReader, frameType } from './ttrpc-frame.ts';

/** An open connection. Calls on a closed one reject with `unavailable`. */
export interface TtrpcConnection {
  /** Resolves when the connection ends, whoever ends it. */
  readonly closed: Promise<void>;
  call(service: string, method: string, payload: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  close(): void;
}

interface Pending {
  resolve(payload: Uint8Array): void;
  reject(error: Error): void;
}

/** Connects to a unix socket. Rejects with Node's error (ENOENT, ECONNREFUSED) if nobody listens. */
export function connectTtrpc(socketPath: string): Promise<TtrpcConnection> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(overSocket(socket));
    });
  });
}

function overSocket(socket: Socket): TtrpcConnection {
  const pending = new Map<number, Pending>();
  let nextStream = 1;
  const lost = (): RpcError => new RpcError('unavailable', 'ttrpc: closed');
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const { reject } of pending.values()) reject(lost());
      pending.clear();
      resolve();
    });
  });
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.on(
    'data',
    frameReader((frame) => {
      const waiting = pending.get(frame.stream);
      if (waiting === undefined || frame.type !== frameType.response) return;
      pending.delete(frame.stream);
      if (frame.oversize)
        return waiting.reject(new RpcError('unknown', 'message length exceeds the maximum of 4194304 bytes'));
      const { status, payload } = Response.decode(frame.payload);
      if (status !== undefined && status.code !== 0) waiting.reject(new RpcError(kindOf(status.code), status.message));
      else waiting.resolve(payload);
    }),
  );
  const call: TtrpcConnection['call'] = (service, method, payload, options) => {
    if (socket.destroyed) return Promise.reject(lost());
    const stream = nextStream;
    nextStream += 2;
    const timeoutNano = (options?.timeoutMs ?? 0) * 1_000_000;
    const request = Request.encode({ service, method, payload, timeoutNano, metadata: metadataOf(options) });
    return new Promise<Uint8Array>((resolve, reject) => {
      const timer =
        options?.timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              pending.delete(stream);
              reject(new RpcError('deadline exceeded', `${method}: no answer in ${options.timeoutMs} ms`));
            }, options.timeoutMs);
      const settle =
        <T>(action: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          action(value);
        };
      pending.set(stream, { resolve: settle(resolve), reject: settle(reject) });
      socket.write(encodeFrame(stream, frameType.request, request));
    });
  };
  return { closed, call, close: () => socket.destroy() };
}

/** A client of one service. `metadata` goes with every call. ttrpc's calls are all unary here. */
export function ttrpcClient<S extends Service>(
  service: S,
  connection: TtrpcConnection,
  { metadata = {} }: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Client<S> {
  const methods: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(service.methods)) {
    methods[key] = async (request: object, options?: CallOptions) => {
      const merged = { ...options, metadata: { ...metadata, ...options?.metadata } };
      return method.response.decode(
        await connection.call(service.name, method.name, method.request.encode(request), merged),
      );
    };
  }
  return methods as Client<S>;
}

function metadataOf(options: CallOptions | undefined): { key: string; value: string }[] {
  const trace = currentTrace();
  const entries = { ...(trace === undefined ? {} : { [traceKey]: trace }), ...options?.metadata };
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}
