/** Calls services over gRPC on a unix socket, as containerd's clients do. */
import { currentTrace } from '@drydock/telemetry/trace';
import * as grpc from '@grpc/grpc-js';
import { kindOf, RpcError } from './errors.ts';
import { leaseKey, namespaceKey, traceKey } from './metadata.ts';
import type { CallOptions, Client, Method, Service } from './service.ts';

/** Bytes in one message, both ways: containerd's limit. */
const maxMessageSize = 16 * 1024 * 1024;

/** A connection that any number of clients share. It reconnects by itself. */
export interface GrpcChannel {
  readonly client: grpc.Client;
  /** Resolves once the server answers; rejects with `unavailable` after the given milliseconds. */
  waitForReady(milliseconds: number): Promise<void>;
  close(): void;
}

export interface GrpcClientOptions {
  readonly namespace?: string;
  readonly lease?: string;
}

/** Opens a channel to a unix socket; it connects with the first call. */
export function connect(socketPath: string): GrpcChannel {
  const client = new grpc.Client(`unix:${socketPath}`, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageSize,
    'grpc.max_send_message_length': maxMessageSize,
    'grpc.default_authority': 'localhost',
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.min_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 1000,
  });
  return {
    client,
    waitForReady: (milliseconds) =>
      new Promise((resolve, reject) => {
        client.waitForReady(Date.now() + milliseconds, (error) => {
          if (error) reject(new RpcError('unavailable', `connect to ${socketPath}: no answer in ${milliseconds} ms`));
          else resolve();
        });
      }),
    close: () => client.close(),
  };
}

/** A client of one service. */
export function grpcClient<S extends Service>(
  service: S,
  { client }: GrpcChannel,
  { namespace, lease }: GrpcClientOptions = {},
): Client<S> {
  const methods: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(service.methods)) {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(service.name, method);
    const prepare = (options: CallOptions | undefined) => ({
      metadata: metadataOf(options, namespace, lease),
      call: options?.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs },
    });
    if (method.requestStream) {
      methods[key] = (requests: AsyncIterable<unknown>, options?: CallOptions) => {
        const { metadata, call } = prepare(options);
        const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, call);
        void send(requests, stream);
        return receive(stream, options?.signal);
      };
    } else if (method.responseStream) {
      methods[key] = (request: unknown, options?: CallOptions) => {
        const { metadata, call } = prepare(options);
        const stream = client.makeServerStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata,
          call,
        );
        return receive(stream, options?.signal);
      };
    } else {
      methods[key] = (request: unknown, options?: CallOptions) =>
        new Promise((resolve, reject) => {
          const { metadata, call } = prepare(options);
          const running = client.makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            metadata,
            call,
            (error, response) => {
              if (error) reject(fromServiceError(error));
              else resolve(response);
            },
          );
          options?.signal?.addEventListener('abort', () => running.cancel(), { once: true });
        });
    }
  }
  return methods as Client<S>;
}

function metadataOf(
  options: CallOptions | undefined,
  namespace: string | undefined,
  lease: string | undefined,
): grpc.Metadata {
  const metadata = new grpc.Metadata();
  if (namespace !== undefined) metadata.set(namespaceKey, namespace);
  if (lease !== undefined) metadata.set(leaseKey, lease);
  const trace = currentTrace();
  if (trace !== undefined) metadata.set(traceKey, trace);
  for (const [key, value] of Object.entries(options?.metadata ?? {})) metadata.set(key, value);
  return metadata;
}

async function send(
  requests: AsyncIterable<unknown>,
  stream: grpc.ClientDuplexStream<unknown, unknown>,
): Promise<void> {
  try {
    for await (const request of requests) {
      if (!stream.write(request))
        await new Promise<void>((resolve) => stream.once('drain', resolve).once('close', resolve));
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

async function* receive(
  stream: grpc.ClientReadableStream<unknown> | grpc.ClientDuplexStream<unknown, unknown>,
  signal: AbortSignal | undefined,
): AsyncIterable<unknown> {
  const cancel = (): void => stream.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    for await (const response of stream.iterator({ destroyOnReturn: false })) yield response;
  } catch (error) {
    throw fromServiceError(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
    stream.on('error', () => undefined);
    stream.cancel();
  }
}

function fromServiceError(error: unknown): RpcError {
  if (error instanceof Error && 'code' in error && 'details' in error)
    return new RpcError(kindOf(Number(error.code)), String(error.details), { cause: error });
  return new RpcError('unknown', error instanceof Error ? error.message : String(error), { cause: error });
}

/** A method as grpc-js wants it. */
function methodDefinition(service: string, method: Method): grpc.MethodDefinition<unknown, unknown> {
  return {
    path: `/${service}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (value) => asBuffer(method.request.encode(value as object)),
    requestDeserialize: (bytes) => method.request.decode(bytes),
    responseSerialize: (value) => asBuffer(method.response.encode(value as object)),
    responseDeserialize: (bytes) => method.response.decode(bytes),
  };
}

/** The same bytes as a Buffer. */
function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
