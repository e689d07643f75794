/** The data of a supervisor that does not run: locked, so that none starts meanwhile. */
import { existsSync } from 'node:fs';
import { ContentStore } from '../content/content-store.ts';
import { lockDirectory } from '../instance-lock.ts';
import { Database } from '../metadata/database.ts';
import { LeaseStore } from '../metadata/leases.ts';
import { NamespaceStore } from '../metadata/namespaces.ts';
import { type Paths, pathsOf } from '../paths.ts';
import { openSnapshotters, type Snapshotter, type SnapshotterOptions } from '../snapshots/snapshotters.ts';
import type { Deadlines } from '../tasks/deadlines.ts';
import { type SocketPlace, socketPlace } from '../tasks/own-shim.ts';

export interface OfflineData {
  readonly paths: Paths;
  /** The gRPC socket that the supervisor serves on. */
  readonly address: string;
  readonly db: Database;
  readonly content: ContentStore;
  readonly snapshotters: readonly Snapshotter[];
  readonly sockets: SocketPlace;
  readonly deadlines: Deadlines;
  close(): void;
}

export interface OfflineOptions {
  readonly root: string;
  readonly state: string;
  readonly address: string;
  readonly deadlines: Deadlines;
  readonly snapshotters: Pick<SnapshotterOptions, 'config' | 'disabled'>;
}

/** Opens the data. Throws if a supervisor uses it, or there is none. */
export function openOffline({ root, state, address, deadlines, snapshotters }: OfflineOptions): OfflineData {
  const paths = pathsOf(root, state);
  if (!existsSync(paths.metadata)) throw new Error(`${root} holds no data of a supervisor: no ${paths.metadata}`);
  const unlock = [paths.root, paths.state].filter((path) => existsSync(path)).map(lockDirectory);
  const db = new Database(paths.metadata);
  const namespaces = new NamespaceStore(db);
  const leases = new LeaseStore(db, namespaces);
  return {
    paths,
    address,
    deadlines,
    db,
    content: new ContentStore({ db, namespaces, leases, root: paths.content }),
    snapshotters: openSnapshotters({ directory: paths.snapshotter, ...snapshotters }),
    sockets: socketPlace(state),
    close() {
      db.close();
      for (const release of unlock) release();
    },
  };
}
