/**
 * The Engine API's server: one fastify application behind every listening socket.
 *
 *   socket ─► edge (version, path) ─► fastify route ─► job ─► operation ─► answer
 *        └──► upgrade (attach, exec) ─► the same operations, on the bare socket
 */
import { createServer, type Server } from 'node:http';
import { withTrace } from '@drydock/telemetry/trace';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { apiVersion, minimumApiVersion, serverHeader } from '../version.ts';
import { type Context, type Endpoint, jsonReader } from './context.ts';
import { expectInput, keepInput } from './early-input.ts';
import { readUrl } from './edge.ts';
import { endpoints } from './endpoints.ts';
import { errorBody, statusOf } from './error-reply.ts';
import type { Query } from './query.ts';
import { sendJson } from './reply.ts';
import { handleUpgrade, isHijack } from './upgrade.ts';

/** On every answer. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'Api-Version': apiVersion,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: serverHeader,
};

/** Makes the application. It listens nowhere yet: each of its sockets is a server of its own, see listen.ts. */
export async function createApi(engine: Engine): Promise<(listener: Server) => void> {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 4096 },
    rewriteUrl: ({ url = '/' }) => {
      const edge = readUrl(url);
      return edge.kind === 'route' ? edge.url : url;
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', (request, reply, done) => {
    // On the raw answer: fastify would write the names in lower case.
    for (const [name, value] of Object.entries(commonHeaders)) reply.raw.setHeader(name, value);
    withTrace(request.headers.traceparent as string | undefined, done);
  });
  app.setErrorHandler((error, _request, reply) => answerError(engine, error, reply));
  app.setNotFoundHandler((_request, reply) => sendJson(reply, { message: 'page not found' }, 404));
  for (const endpoint of endpoints) addEndpoint(app, engine, endpoint);
  await app.ready();
  return (listener) => connect(listener, app, engine);
}

function addEndpoint(app: FastifyInstance, engine: Engine, { method, path, job, run }: Endpoint): void {
  app.route({
    method,
    url: path,
    handler: async (request, reply) => {
      const context = contextOf(engine, request, reply);
      await (job === undefined
        ? run(context)
        : engine.jobs.run(job, context.name === '' ? [] : [context.name], () => run(context)));
      return reply;
    },
  });
}

function contextOf(engine: Engine, request: FastifyRequest, reply: FastifyReply): Context {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('context canceled')));
  const edge = readUrl(request.originalUrl);
  return {
    engine,
    query: request.query as Query,
    name: (request.params as { name?: string }).name ?? '',
    version: edge.kind === 'route' ? edge.version : apiVersion,
    headers: request.headers,
    body: request.raw,
    reply,
    signal: gone.signal,
    json: jsonReader(request.raw),
  };
}

function answerError(engine: Engine, error: unknown, reply: FastifyReply): FastifyReply {
  const status = statusOf(error);
  if (status >= 500) engine.logger.error({ status, error: messageOf(error) }, 'request failed');
  if (reply.raw.headersSent) return reply;
  return status === 304 ? reply.status(304).send() : sendJson(reply, errorBody(error), status);
}

/** Connects a listening server with the application. */
function connect(listener: Server, app: FastifyInstance, engine: Engine): void {
  listener.on('request', (request, response) => {
    const edge = readUrl(request.url ?? '/');
    if (edge.kind === 'route' && request.method !== 'OPTIONS') {
      if (isHijack(request)) expectInput(request);
      return app.routing(request, response);
    }
    request.resume();
    if (edge.kind === 'redirect') return response.writeHead(301, { location: edge.location }).end();
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
    if (edge.kind === 'route') return response.writeHead(200, { 'content-length': 0 }).end();
    const [wrong, bound] =
      edge.kind === 'too new'
        ? ['new', `Maximum supported API version is ${apiVersion}`]
        : [
            'old',
            `Minimum supported API version is ${minimumApiVersion}, please upgrade your client to a newer version`,
          ];
    const message = `client version ${edge.version} is too ${wrong}. ${bound}`;
    const body = `${JSON.stringify({ message })}\n`;
    response.writeHead(400, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
  listener.on('upgrade', (request, socket, head) => void handleUpgrade(engine, request, socket, head));
  listener.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    if (keepInput(socket, error.rawPacket)) return;
    if (socket.writable)
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
      );
    else socket.destroy();
  });
}

/** A server that keeps half-closed connections: a client's end of input is not the end of its output. */
export function createListener(): Server {
  return createServer({
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 60_000,
    shouldUpgradeCallback: isHijack,
  } as object);
}
