/** The services of containerd that the engine calls, over one channel, in the engine's namespace. */
import { Containers } from '@drydock/rpc/generated/containers';
import { Content } from '@drydock/rpc/generated/content';
import { Diff } from '@drydock/rpc/generated/diff';
import { Events } from '@drydock/rpc/generated/events';
import { Images } from '@drydock/rpc/generated/images';
import { Leases } from '@drydock/rpc/generated/leases';
import { Namespaces } from '@drydock/rpc/generated/namespaces';
import { Snapshots } from '@drydock/rpc/generated/snapshots';
import { Tasks } from '@drydock/rpc/generated/tasks';
import { Version } from '@drydock/rpc/generated/version';
import { connect, type GrpcChannel, grpcClient } from '@drydock/rpc/grpc-client';
import type { Client } from '@drydock/rpc/service';

/** containerd, or what stands in for it. */
export interface Containerd {
  readonly channel: GrpcChannel;
  readonly namespace: string;
  /** The snapshotter that holds images and containers. */
  readonly snapshotter: string;
  readonly containers: Client<typeof Containers>;
  readonly content: Client<typeof Content>;
  readonly diff: Client<typeof Diff>;
  readonly events: Client<typeof Events>;
  readonly images: Client<typeof Images>;
  readonly leases: Client<typeof Leases>;
  readonly namespaces: Client<typeof Namespaces>;
  readonly snapshots: Client<typeof Snapshots>;
  readonly tasks: Client<typeof Tasks>;
  readonly version: Client<typeof Version>;
  /** The same services, with everything they make held by a lease. */
  leased(lease: string): Pick<Containerd, 'content' | 'diff' | 'images' | 'snapshots' | 'snapshotter'>;
}

export interface ContainerdOptions {
  readonly socketPath: string;
  readonly namespace: string;
  readonly snapshotter?: string;
}

/** Makes the clients; the connection opens with the first call. */
export function connectContainerd({ socketPath, namespace, snapshotter = 'overlayfs' }: ContainerdOptions): Containerd {
  const channel = connect(socketPath);
  return {
    channel,
    namespace,
    snapshotter,
    containers: grpcClient(Containers, channel, { namespace }),
    content: grpcClient(Content, channel, { namespace }),
    diff: grpcClient(Diff, channel, { namespace }),
    events: grpcClient(Events, channel, { namespace }),
    images: grpcClient(Images, channel, { namespace }),
    leases: grpcClient(Leases, channel, { namespace }),
    namespaces: grpcClient(Namespaces, channel, { namespace }),
    snapshots: grpcClient(Snapshots, channel, { namespace }),
    tasks: grpcClient(Tasks, channel, { namespace }),
    version: grpcClient(Version, channel),
    leased: (lease) => ({
      snapshotter,
      content: grpcClient(Content, channel, { namespace, lease }),
      diff: grpcClient(Diff, channel, { namespace, lease }),
      images: grpcClient(Images, channel, { namespace, lease }),
      snapshots: grpcClient(Snapshots, channel, { namespace, lease }),
    }),
  };
}
