/** What serves the shim's connections: ttrpc from the start, gRPC once a client speaks it. */
import type { Implementation } from '@drydock/rpc/service';
import { ttrpcHandler } from '@drydock/rpc/ttrpc-handler';
import type { GrpcServer } from './grpc.ts';
import type { Protocols } from './protocol.ts';

export interface Servers extends Protocols {
  /** Resolves when what was asked for has been answered, or after the given milliseconds. */
  finish(milliseconds: number): Promise<void>;
}

/** Serves the same services in both protocols. */
export function serversOf(services: readonly Implementation[]): Servers {
  const load = async (): Promise<GrpcServer> => (await import('./grpc.ts')).openGrpc(services);
  let grpc: Promise<GrpcServer> | undefined;
  return {
    ttrpc: ttrpcHandler(services),
    grpc: async () => {
      grpc ??= load();
      return (await grpc).serve;
    },
    finish: async (milliseconds) => {
      if (grpc === undefined) return;
      const limit = new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
      await Promise.race([limit, grpc.then((server) => server.close())]);
    },
  };
}
