/**
 * What keeps the files of snapshots. A snapshot is the state of a file tree; it is made on top of a parent:
 *
 *   prepare(parent) ─▶ active ──commit──▶ committed ─▶ parent of others, lowest layer first
 *   view(parent)    ─▶ view (read-only)
 *
 * The store knows names, parents and labels. A backend knows numbers: it makes a place for number N on top of its
 * parents, says how to mount it, how big it is, and removes it. A commit changes nothing on disk.
 */
import { readdir } from 'node:fs/promises';
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
  /** Makes the place; what an earlier, broken attempt left there is removed. A place half made is known to no record. */
  make(place: Place): void | Promise<void>;
  /** How a client mounts it. The paths are seen by client and shim too. */
  mounts(place: Place): Mount[] | Promise<Mount[]>;
  usage(place: Place): Promise<Usage>;
  /** Hears that nothing will be written to a place any more. It may be killed before, and is not asked again. */
  committed?(place: Place): void | Promise<void>;
  /** Removes a place; one that is missing is no error. */
  remove(id: number): void | Promise<void>;
  /** The numbers of all places on disk. */
  list(): Promise<number[]>;
}

/** A directory as it is. */
export function bindMount(source: string, writable: boolean): Mount {
  return { type: 'bind', source, target: '', options: [writable ? 'rw' : 'ro', 'rbind'] };
}

/** The numbers that name the entries of a directory. */
export async function numbersIn(directory: string): Promise<number[]> {
  return (await readdir(directory)).map(Number).filter(Number.isInteger);
}
