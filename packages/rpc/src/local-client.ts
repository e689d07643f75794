/** A client of a service in the same process: the handlers are called as a server would call them, without bytes between. */
import { type Codec, complete } from './codec.ts';
import type { CallContext, CallOptions, Client, Implementation, Method, Service } from './service.ts';

export interface LocalClientOptions {
  readonly namespace: string;
  readonly lease?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Makes a client of an implementation of the service. */
export function localClient<S extends Service>(
  service: S,
  { handlers }: Implementation,
  options: LocalClientOptions,
): Client<S> {
  const methods = Object.entries(service.methods).map(([key, method]) => {
    const handler = handlers[key];
    if (handler === undefined) throw new Error(`${service.name} has no ${method.name}`);
    return [key, caller(method, handler, options)] as const;
  });
  return Object.fromEntries(methods) as Client<S>;
}

function caller(
  { request, response, requestStream, responseStream }: Method,
  handler: Handler,
  options: LocalClientOptions,
) {
  const prepared = (input: unknown): unknown =>
    requestStream ? each(request, input as AsyncIterable<object>) : complete(request, input as object);
  return responseStream
    ? (input: unknown, call?: CallOptions) => each(response, handler(prepared(input), contextOf(options, call)))
    : async (input: unknown, call?: CallOptions) =>
        complete(response, await handler(prepared(input), contextOf(options, call)));
}

type Handler = Implementation['handlers'][string];

function contextOf({ namespace, lease, signal }: LocalClientOptions, call: CallOptions | undefined): CallContext {
  const chosen = call?.signal ?? signal ?? new AbortController().signal;
  return { namespace, lease, metadata: call?.metadata ?? {}, signal: chosen };
}

async function* each(codec: Codec<unknown>, messages: AsyncIterable<object>): AsyncGenerator<unknown> {
  for await (const message of messages) yield complete(codec, message);
}
