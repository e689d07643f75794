/**
 * Serves services over ttrpc on any stream of bytes: what a shim does for its supervisor, and a supervisor for the events
 * of its shims. Requests run concurrently and are answered in the order in which they end. Methods with streams are not served.
 */
import { withTrace } from '@drydock/telemetry/trace';
import { RpcError, toRpcError } from './errors.ts';
import { Request, Response } from './generated/ttrpc.ts';
import { contextOf, traceKey } from './metadata.ts';
import type { Implementation, Method } from './service.ts';
import { encodeFrame, type Frame, frameReader, frameType } from './ttrpc-frame.ts';

/** The sending side of a connection. What is written after its end is dropped. */
export interface ByteSink {
  write(data: Uint8Array): void;
}

/** The receiving side: what a transport calls. */
export interface ByteReceiver {
  data(chunk: Buffer): void;
  closed(): void;
}

interface Target {
  readonly method: Method;
  readonly handler: Implementation['handlers'][string];
}

/** Serves connections: call the result for each one that was accepted, then feed what comes from it to the receiver. */
export function ttrpcHandler(implementations: readonly Implementation[]): (sink: ByteSink) => ByteReceiver {
  const services = new Map<string, Map<string, Target>>();
  for (const { service, handlers } of implementations) {
    const targets = new Map<string, Target>();
    for (const [key, method] of Object.entries(service.methods)) {
      const handler = handlers[key];
      const isUnary = !method.requestStream && !method.responseStream;
      if (handler !== undefined && isUnary) targets.set(method.name, { method, handler });
    }
    services.set(service.name, targets);
  }
  return (sink) => serveConnection(sink, services);
}

function serveConnection(sink: ByteSink, services: Map<string, Map<string, Target>>): ByteReceiver {
  const closed = new AbortController();
  const answer = (stream: number, response: Uint8Array): void => {
    if (!closed.signal.aborted) sink.write(encodeFrame(stream, frameType.response, response));
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
  return { data: read, closed: () => closed.abort() };
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
    request.timeoutNano > 0
      ? AbortSignal.any([closed, AbortSignal.timeout(Math.ceil(request.timeoutNano / 1e6))])
      : closed;
  const context = contextOf(metadata, signal);
  const response = await withTrace(metadata[traceKey], async () =>
    target.handler(target.method.request.decode(request.payload), context),
  );
  return target.method.response.encode(response ?? {});
}
