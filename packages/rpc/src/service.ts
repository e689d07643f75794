/** What a service is, for gRPC and ttrpc alike: a name and a table of methods; and the types of its handlers and clients. */
import type { Codec, Input } from './codec.ts';

/** One method of a service. */
export interface Method {
  /** The name on the wire, such as `CloseIO`. */
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a table holds methods of all message types
  readonly request: Codec<any>;
  // biome-ignore lint/suspicious/noExplicitAny: a table holds methods of all message types
  readonly response: Codec<any>;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A service: its full name and its methods under their camelCase names. */
export interface Service {
  readonly name: string;
  readonly methods: Readonly<Record<string, Method>>;
}

/** What a handler knows of the call. */
export interface CallContext {
  /** The caller's namespace: header `containerd-namespace` (gRPC) or `containerd-namespace-ttrpc`. */
  readonly namespace: string | undefined;
  /** The lease that gets what the call creates: header `containerd-lease`. */
  readonly lease: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** Aborted when the caller leaves or its deadline passes. */
  readonly signal: AbortSignal;
}

/** What a client may say of a call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call fails with `deadline exceeded`. */
  readonly timeoutMs?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

type Request<M extends Method> = M['request'] extends Codec<infer T> ? T : never;
type Response<M extends Method> = M['response'] extends Codec<infer T> ? T : never;
type Awaitable<T> = T | Promise<T>;

/** The function that serves a method. */
export type Handler<M extends Method> = M['requestStream'] extends true
  ? (requests: AsyncIterable<Request<M>>, call: CallContext) => AsyncIterable<Input<Response<M>>>
  : M['responseStream'] extends true
    ? (request: Request<M>, call: CallContext) => AsyncIterable<Input<Response<M>>>
    : (request: Request<M>, call: CallContext) => Awaitable<Input<Response<M>>>;

/** A function for each method of a service. */
export type Handlers<S extends Service> = { readonly [K in keyof S['methods']]: Handler<S['methods'][K]> };

/** The function that calls a method. It rejects with RpcError. */
export type Caller<M extends Method> = M['requestStream'] extends true
  ? (requests: AsyncIterable<Input<Request<M>>>, options?: CallOptions) => AsyncIterable<Response<M>>
  : M['responseStream'] extends true
    ? (request: Input<Request<M>>, options?: CallOptions) => AsyncIterable<Response<M>>
    : (request: Input<Request<M>>, options?: CallOptions) => Promise<Response<M>>;

/** A client: a function for each method of a service. */
export type Client<S extends Service> = { readonly [K in keyof S['methods']]: Caller<S['methods'][K]> };

/** A service with its handlers, ready to be served over gRPC or ttrpc. */
export interface Implementation {
  readonly service: Service;
  // biome-ignore lint/suspicious/noExplicitAny: the types are checked by implement()
  readonly handlers: Readonly<Record<string, (...args: any[]) => any>>;
}

/** Binds handlers to a service. A method without a handler is answered with `not implemented`. */
export function implement<S extends Service>(service: S, handlers: Partial<Handlers<S>>): Implementation {
  return { service, handlers: handlers as Implementation['handlers'] };
}
