/** The services of containerd that images are moved with: over gRPC for a client, in one process for a supervisor. */
import type { Content } from '@drydock/rpc/generated/content';
import type { Diff } from '@drydock/rpc/generated/diff';
import type { Images } from '@drydock/rpc/generated/images';
import type { Snapshots } from '@drydock/rpc/generated/snapshots';
import type { Client } from '@drydock/rpc/service';

/** All of one namespace, and under one lease: what is made through them is safe from the garbage collector. */
export interface ImageServices {
  readonly content: Client<typeof Content>;
  readonly images: Client<typeof Images>;
  readonly snapshots: Client<typeof Snapshots>;
  readonly diff: Client<typeof Diff>;
}
