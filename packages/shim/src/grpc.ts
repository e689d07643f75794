/**
 * gRPC on a connection of the shim's socket: the same services as over ttrpc, those with streams, and reflection. Loaded when
 * the first such client has come: it needs more memory than all else in a shim.
 */
import { Duplex } from 'node:stream';
import { descriptors } from '@drydock/rpc/generated/descriptors';
import { reflection } from '@drydock/rpc/grpc/reflection';
import { grpcHandler } from '@drydock/rpc/grpc/server';
import type { Implementation } from '@drydock/rpc/service';
import type { ByteReceiver } from '@drydock/rpc/ttrpc-handler';
import type { Peer } from './protocol.ts';

/** Serves services to clients that speak gRPC. */
export interface GrpcServer {
  /** Serves a connection: feed what comes from it to the receiver. */
  serve(peer: Peer): ByteReceiver;
  /** Resolves when all calls are over. */
  close(): Promise<void>;
}

export function openGrpc(implementations: readonly Implementation[]): GrpcServer {
  const handler = grpcHandler([...implementations, ...reflection(implementations, descriptors)]);
  const serve = (peer: Peer): ByteReceiver => {
    const duplex = new Duplex({
      read: () => {},
      write: (data, _encoding, done) => peer.write(data, done),
      final: (done) => {
        peer.close();
        done();
      },
      destroy: (_error, done) => {
        peer.close();
        done(null);
      },
    });
    handler.serve(duplex);
    return { data: (chunk) => void duplex.push(chunk), closed: () => void duplex.push(null) };
  };
  return { serve, close: handler.close };
}
