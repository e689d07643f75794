/** Calls services over ttrpc on any stream of bytes. */
import { currentTrace } from '@drydock/telemetry/trace';
import { kindOf, RpcError } from './errors.ts';
import { Request, Response } from './generated/ttrpc.ts';
import { traceKey } from './metadata.ts';
import type { CallOptions, Client, Service } from './service.ts';
import { encodeFrame, frameReader, frameType } from './ttrpc-frame.ts';
import type { ByteReceiver } from './ttrpc-handler.ts';

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

/** A connection's transport, as the calls see it. */
export interface ByteStream {
  write(data: Uint8Array): void;
  close(): void;
}

/** A connection over a stream: feed what comes from the other side to the receiver. */
export function ttrpcOver(stream: ByteStream): {
  readonly connection: TtrpcConnection;
  readonly receiver: ByteReceiver;
} {
  const pending = new Map<number, Pending>();
  const end = Promise.withResolvers<void>();
  let nextStream = 1;
  let open = true;
  const lost = (): RpcError => new RpcError('unavailable', 'ttrpc: closed');

  const data = frameReader((frame) => {
    const waiting = pending.get(frame.stream);
    if (waiting === undefined || frame.type !== frameType.response) return;
    pending.delete(frame.stream);
    if (frame.oversize) {
      waiting.reject(new RpcError('unknown', 'message length exceeds the maximum of 4194304 bytes'));
      return;
    }
    let response: Response;
    try {
      response = Response.decode(frame.payload);
    } catch (error) {
      waiting.reject(new RpcError('unknown', `answer is no protobuf: ${(error as Error).message}`, { cause: error }));
      return;
    }
    const { status, payload } = response;
    if (status !== undefined && status.code !== 0) waiting.reject(new RpcError(kindOf(status.code), status.message));
    else waiting.resolve(payload);
  });
  const closed = (): void => {
    open = false;
    for (const { reject } of pending.values()) reject(lost());
    pending.clear();
    end.resolve();
  };

  const call: TtrpcConnection['call'] = (service, method, payload, options) => {
    if (!open) return Promise.reject(lost());
    const id = nextStream;
    nextStream += 2;
    const timeoutNano = (options?.timeoutMs ?? 0) * 1_000_000;
    const request = Request.encode({ service, method, payload, timeoutNano, metadata: metadataOf(options) });
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    pending.set(id, { resolve, reject });
    stream.write(encodeFrame(id, frameType.request, request));
    const giveUp = (error: RpcError): void => {
      pending.delete(id);
      reject(error);
    };
    return bounded(promise, method, options ?? {}, giveUp);
  };
  return { connection: { closed: end.promise, call, close: stream.close }, receiver: { data, closed } };
}

/** An answer that is not waited for longer than the caller's deadline and its signal allow. */
function bounded<T>(
  answer: Promise<T>,
  method: string,
  { timeoutMs, signal }: CallOptions,
  giveUp: (error: RpcError) => void,
): Promise<T> {
  if (timeoutMs === undefined && signal === undefined) return answer;
  const late = (): void => giveUp(new RpcError('deadline exceeded', `${method}: no answer in ${timeoutMs} ms`));
  const left = (): void => giveUp(new RpcError('cancelled', `${method}: context canceled`));
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
  if (signal?.aborted) left();
  signal?.addEventListener('abort', left, { once: true });
  return answer.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', left);
  });
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
