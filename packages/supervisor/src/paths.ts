/** Where the supervisor keeps what: containerd's layout of its root and state directories. */
import { join } from 'node:path';

export interface Paths {
  readonly root: string;
  readonly state: string;
  /** Blobs and ingests. */
  readonly content: string;
  readonly metadata: string;
  /** What of a bundle outlives a reboot. */
  readonly work: string;
  readonly uuid: string;
  /** Where snapshots are mounted for a while. */
  readonly temporaryMounts: string;
  /** The fifo that our own shims log to. */
  readonly shimLog: string;
  snapshotter(name: string): string;
}

export function pathsOf(root: string, state: string): Paths {
  return {
    root,
    state,
    content: join(root, 'io.containerd.content.v1.content'),
    metadata: join(root, 'metadata.db'),
    work: join(root, 'io.containerd.runtime.v2.task'),
    uuid: join(root, 'io.containerd.grpc.v1.introspection/uuid'),
    temporaryMounts: join(root, 'tmpmounts'),
    shimLog: join(state, 'shim-log'),
    snapshotter: (name) => join(root, `io.containerd.snapshotter.v1.${name}`),
  };
}
