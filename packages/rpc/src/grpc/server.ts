/**
 * Serves services over gRPC, straight on Node's HTTP/2.
 *
 *   client                                server
 *     │  HEADERS :path /service/Method, containerd-namespace, containerd-lease, traceparent, grpc-timeout
 *     │  DATA  a message: 1 byte (compressed, never), 4 bytes length, the message          …
 *     ├───────────────────────────────────────▶│  the handler runs in the caller's trace
 *     │◀───────────────────────────────────────┤  HEADERS; DATA with messages; trailers grpc-status, grpc-message
 *     │◀───────────────────────────────────────┤  or, without any message, one HEADERS with the status
 *
 * @grpc/grpc-js serves the same, but costs half a millisecond a call until the engine has compiled it: too much for a
 * program that serves forty calls for each `ctr run`.
 */
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Implementation } from '../service.ts';
import { callTargets, serveCall } from './call.ts';
import { withSocketMode } from './socket-mode.ts';

/** Bytes that a client may send before it must wait: enough for one message of the largest size containerd takes. */
const windowSize = 1 << 24;

/** Megabytes that a connection may hold. */
const sessionMemory = 256;
/** Calls that a client may cancel at a time: a write of content ends so each time. */
const resetBurst = 1_000_000;

export interface GrpcServer {
  /** Stops accepting, ends open calls and removes the socket. */
  close(): Promise<void>;
}

/** Serves until closed. Rejects if the socket cannot be made. */
export function serveGrpc(path: string, implementations: readonly Implementation[]): Promise<GrpcServer> {
  const server = grpcServer(implementations);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      // Not the sessions: they would end each call with a reset, and clients would take that for an error of the server.
      for (const socket of sockets) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    withSocketMode(() => server.listen(path, () => resolve({ close })));
  });
}

/** Serves connections that others have accepted. */
export interface GrpcHandler {
  /** Serves a connection. Its end ends the stream. */
  serve(stream: Duplex): void;
  /** Takes no more calls; resolves when all that were taken are over. */
  close(): Promise<void>;
}

export function grpcHandler(implementations: readonly Implementation[]): GrpcHandler {
  const sessions = new Set<ServerHttp2Session>();
  const server = grpcServer(implementations);
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  const closed = (session: ServerHttp2Session): Promise<void> =>
    new Promise((resolve) => {
      session.once('close', resolve);
      session.close();
    });
  return {
    serve: (stream) => void server.emit('connection', stream),
    close: async () => void (await Promise.all([...sessions].map(closed))),
  };
}

function grpcServer(implementations: readonly Implementation[]): Http2Server {
  const targets = callTargets(implementations);
  const server = createServer({
    settings: { initialWindowSize: windowSize, maxConcurrentStreams: 0x7fffffff },
    maxSessionMemory: sessionMemory,
    streamResetBurst: resetBurst,
  });
  server.on('session', (session) => session.setLocalWindowSize(windowSize));
  server.on('stream', (stream, headers) => serveCall(targets, stream as ServerHttp2Stream, headers));
  // A client that vanishes ends its session with an error; its calls hear of it by their signals.
  server.on('sessionError', (_, session) => session.destroy());
  return server;
}
