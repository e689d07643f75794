/**
 * What keeps the files of snapshots. A snapshot is the state of a file tree; it is made on top of a parent:
 *
 *   prepare(parent) ─▶ active ──commit──▶ committed ─▶ parent of others, lowest layer first
 *   view(parent)    ─▶ view (read-only)
 *
 * The store knows names, parents and labels. A backend knows numbers: it makes a place for number N on top of its
 * parents, says how to mount it, how big it is, and removes it. A commit changes nothing on disk.
 */
import type { Mount } from '@drydock/rpc/generated/types';

/** A snapshot as a backend sees it. */
export interface Place {
  readonly id: number;
  /** Whether it can be written to; a view cannot. */
  readonly writable: boolean;
  /** The chain of committed snapshots below it, the nearest first. */
  readonly parents: readonly number[];
}

/** What a snapshot itself takes up, without its parents. */
export interface Usage {
  readonly size: number;
  readonly inodes: number;
}

export interface SnapshotBackend {
  /** Makes the place; what an earlier, broken attempt left there is removed. */
  make(place: Place): void;
  /** How a client mounts it. The paths are seen by client and shim too. */
  mounts(place: Place): Mount[];
  usage(id: number): Promise<Usage>;
  /** Removes a place; one that is missing is no error. */
  remove(id: number): Promise<void>;
  /** The numbers of all places on disk. */
  list(): Promise<number[]>;
}
