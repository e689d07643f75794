/** One call: its request read, its handler run, its answer and its status written. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { currentTrace, withTrace } from '@drydock/telemetry/trace';
import { notImplemented, RpcError, toRpcError } from '../errors.ts';
import { contextOf, traceKey } from '../metadata.ts';
import type { CallContext, Implementation, Method } from '../service.ts';
import { frameMessage, readMessage, readMessages } from './messages.ts';
import { Reply } from './reply.ts';
import { timeoutOf } from './timeout.ts';

/** What a path leads to. */
interface Target {
  readonly method: Method;
  readonly handler: Implementation['handlers'][string];
}

export interface Targets {
  readonly byPath: ReadonlyMap<string, Target>;
  readonly services: ReadonlySet<string>;
}

/** The methods of all services by their paths. */
export function callTargets(implementations: readonly Implementation[]): Targets {
  const byPath = new Map<string, Target>();
  for (const { service, handlers } of implementations)
    for (const [key, method] of Object.entries(service.methods)) {
      const handler = handlers[key];
      if (handler !== undefined) byPath.set(`/${service.name}/${method.name}`, { method, handler });
    }
  return { byPath, services: new Set(implementations.map(({ service }) => service.name)) };
}

/** Told of each call when it is over: logs, traces and tests subscribe to it. */
export const callChannel = channel('drydock:grpc:call');

/** What {@link callChannel} tells. */
export interface FinishedCall {
  /** `/service/Method`. */
  readonly path: string;
  readonly namespace: string | undefined;
  /** The gRPC status. */
  readonly code: number;
  readonly milliseconds: number;
  readonly trace: string | undefined;
}

/** Serves a stream of HTTP/2, which is one call. */
export function serveCall(targets: Targets, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const reply = new Reply(stream);
  const path = headers[':path'] as string;
  const target = targets.byPath.get(path);
  if (target === undefined) {
    reply.fail(unknownPath(targets, path));
    return;
  }
  const abort = new AbortController();
  const timeout = timeoutOf(headers['grpc-timeout'] as string | undefined);
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          abort.abort();
          reply.fail(new RpcError('deadline exceeded', 'context deadline exceeded'));
        }, timeout);
  const context = contextOf(headers as Record<string, string>, abort.signal);
  const started = performance.now();
  withTrace(context.metadata[traceKey], () => {
    const trace = currentTrace();
    // The message comes with an event of the connection, which belongs to no trace.
    const inTrace = AsyncLocalStorage.snapshot();
    stream.on('close', () => {
      clearTimeout(timer);
      if (!reply.isComplete) abort.abort();
      if (!callChannel.hasSubscribers) return;
      const { namespace } = context;
      const milliseconds = performance.now() - started;
      callChannel.publish({ path, namespace, code: reply.code, milliseconds, trace } satisfies FinishedCall);
    });
    if (target.method.responseStream) void converse(target, stream, reply, context);
    else
      readMessage(
        stream,
        (message) => inTrace(() => answer(target, message, reply, context)),
        (error) => reply.fail(toRpcError(error)),
      );
  });
}

/** Runs a handler that answers once. One that need not wait is answered at once. */
function answer({ method, handler }: Target, message: Uint8Array, reply: Reply, context: CallContext): void {
  const send = (response: object | undefined): void =>
    reply.end(frameMessage(method.response.encodeParts(response ?? {})));
  const fail = (error: unknown): void => reply.fail(toRpcError(error));
  try {
    const response = handler(method.request.decode(message), context);
    if (response instanceof Promise) response.then(send).catch(fail);
    else send(response);
  } catch (error) {
    fail(error);
  }
}

/** Runs a handler that answers any number of times, no faster than the client reads. */
async function converse(
  { method, handler }: Target,
  stream: ServerHttp2Stream,
  reply: Reply,
  context: CallContext,
): Promise<void> {
  try {
    const requests = readMessages(stream, method.request.decode);
    const input = method.requestStream ? requests : (await requests.next()).value;
    for await (const response of handler(input, context)) {
      if (context.signal.aborted) return;
      await reply.send(frameMessage(method.response.encodeParts(response)));
    }
    reply.end();
  } catch (error) {
    reply.fail(toRpcError(error));
  }
}

function unknownPath({ services }: Targets, path: string): RpcError {
  const [, service = '', method = ''] = path.split('/');
  return notImplemented(
    services.has(service) ? `unknown method ${method} for service ${service}` : `unknown service ${service}`,
  );
}
