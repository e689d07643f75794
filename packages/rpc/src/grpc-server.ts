/**
 * Serves services over gRPC on a unix socket, as containerd does.
 *
 *   client                         server
 *     │  HTTP/2 HEADERS :path /service/Method, containerd-namespace, containerd-lease, traceparent
 *     ├────────────────────────────────▶│  the handler runs in the caller's trace
 *     │◀────────────────────────────────┤  messages, then trailers with grpc-status and grpc-message
 */
import { chmodSync } from 'node:fs';
import { withTrace } from '@drydock/telemetry/trace';
import * as grpc from '@grpc/grpc-js';
import { toRpcError } from './errors.ts';
import { contextOf } from './metadata.ts';
import type { CallContext, Implementation, Method } from './service.ts';

/** Bytes in one message, both ways: containerd's limit. */
export const maxMessageSize = 16 * 1024 * 1024;

export interface GrpcServerOptions {
  /** The socket's permissions. Default 0o660, as containerd's. */
  readonly mode?: number;
}

export interface RunningServer {
  /** Stops accepting, ends open calls and removes the socket. */
  close(): Promise<void>;
}

/** Serves on a unix socket. Rejects if the address is in use. */
export async function serveGrpc(
  socketPath: string,
  implementations: readonly Implementation[],
  { mode = 0o660 }: GrpcServerOptions = {},
): Promise<RunningServer> {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': maxMessageSize,
    'grpc.max_send_message_length': maxMessageSize,
  });
  for (const implementation of implementations) addService(server, implementation);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  chmodSync(socketPath, mode);
  return {
    close: async () => server.forceShutdown(),
  };
}

function addService(server: grpc.Server, { service, handlers }: Implementation): void {
  const definition: Record<string, grpc.MethodDefinition<unknown, unknown>> = {};
  const functions: Record<string, grpc.UntypedHandleCall> = {};
  for (const [key, method] of Object.entries(service.methods)) {
    const handler = handlers[key];
    if (handler === undefined) continue;
    definition[key] = methodDefinition(service.name, method);
    functions[key] = serverFunction(method, handler);
  }
  server.addService(definition, functions);
}

/** A method as grpc-js wants it. */
export function methodDefinition(service: string, method: Method): grpc.MethodDefinition<unknown, unknown> {
  return {
    path: `/${service}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (value) => Buffer.from(method.request.encode(value as object)),
    requestDeserialize: (bytes) => method.request.decode(bytes),
    responseSerialize: (value) => Buffer.from(method.response.encode(value as object)),
    responseDeserialize: (bytes) => method.response.decode(bytes),
  };
}

type AnyHandler = Implementation['handlers'][string];

function serverFunction(method: Method, handler: AnyHandler): grpc.UntypedHandleCall {
  if (!method.responseStream) {
    return (call: grpc.ServerUnaryCall<unknown, unknown>, callback: grpc.sendUnaryData<unknown>) => {
      const context = contextOfCall(call);
      withTrace(context.metadata.traceparent, async () => handler(call.request, context)).then(
        (response) => callback(null, response),
        (error) => callback(statusOf(error)),
      );
    };
  }
  return (call: grpc.ServerWritableStream<unknown, unknown> | grpc.ServerDuplexStream<unknown, unknown>) => {
    const context = contextOfCall(call);
    // The iterator must not destroy the call at the end of the requests: the answers are still to come.
    const input = method.requestStream
      ? (call as grpc.ServerDuplexStream<unknown, unknown>).iterator({ destroyOnReturn: false })
      : (call as grpc.ServerWritableStream<unknown, unknown>).request;
    withTrace(context.metadata.traceparent, () => pump(handler(input, context), call, context.signal)).catch((error) =>
      call.emit('error', statusOf(error)),
    );
  };
}

/** Writes what a handler yields, no faster than the client reads; ends with the handler, or stops it with the call. */
async function pump(
  responses: AsyncIterable<unknown>,
  call: grpc.ServerWritableStream<unknown, unknown> | grpc.ServerDuplexStream<unknown, unknown>,
  signal: AbortSignal,
): Promise<void> {
  for await (const response of responses) {
    if (signal.aborted) return;
    if (!call.write(response)) await drained(call, signal);
  }
  call.end();
}

function drained(call: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    call.once('drain', done);
    signal.addEventListener('abort', done);
  });
}

function contextOfCall(call: NodeJS.EventEmitter & { readonly metadata: grpc.Metadata }): CallContext {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort());
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(call.metadata.getMap())) metadata[key] = String(value);
  return contextOf(metadata, controller.signal);
}

function statusOf(error: unknown): grpc.StatusObject & Error {
  const { code, message } = toRpcError(error);
  return Object.assign(new Error(message), { name: 'RpcError', code, details: message, metadata: new grpc.Metadata() });
}
