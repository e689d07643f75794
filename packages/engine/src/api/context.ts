/** What an endpoint's function gets. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Engine } from '../engine.ts';
import { type Blame, readJson } from './body.ts';
import type { Query } from './query.ts';

export interface Context {
  readonly engine: Engine;
  readonly query: Query;
  /** The object's name in the path; empty where the path has none. */
  readonly name: string;
  /** The API's version that the client speaks. */
  readonly version: string;
  readonly headers: IncomingHttpHeaders;
  /** The body, to be read as it arrives. */
  readonly body: IncomingMessage;
  readonly reply: FastifyReply;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Reads the body as JSON and checks it. */
  json<S extends z.ZodType>(schema: S, blame?: Blame): Promise<z.output<S>>;
}

/** An endpoint. */
export interface Endpoint {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** The path, with `:name` for the object. */
  readonly path: string;
  /** The job's name, for what acts rather than answers. */
  readonly job?: string;
  readonly run: (context: Context) => unknown;
}

/** Makes the context's function that reads the body. */
export function jsonReader(request: IncomingMessage): Context['json'] {
  return (schema, blame = 'client') => readJson(request, schema, blame);
}
