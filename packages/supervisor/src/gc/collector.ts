/**
 * Garbage collection: forgets blobs and snapshots that nothing in use refers to, ends expired leases, and removes the
 * files of what no namespace knows any more. It runs soon after something was removed, and shortly after the start.
 */
import type { Logger } from '@drydock/telemetry/logger';
import type { ContentStore } from '../content/content-store.ts';
import type { Database } from '../metadata/database.ts';
import type { SnapshotStore } from '../snapshots/snapshot-store.ts';
import { hasExpired, markUsed } from './mark.ts';
import { blobNode, type Node, snapshotNode } from './references.ts';

/** Milliseconds from a removal to the collection, so that a burst of removals, such as `ctr run --rm` ends in, needs one. */
const scheduleDelay = 100;
/** The least pause between two collections, as a multiple of the time that the first one took. */
const pauseFactor = 50;
/** Milliseconds between looks for leases that have expired. */
const expiryInterval = 60_000;

export interface CollectorParts {
  readonly db: Database;
  readonly content: ContentStore;
  readonly snapshots: readonly SnapshotStore[];
  readonly log: Logger;
  /** The clock: milliseconds since 1970. */
  readonly now?: () => number;
}

export class Collector {
  readonly #parts: CollectorParts;
  readonly #now: () => number;
  #expiry: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** The earliest moment (performance.now) of the next collection that nobody waits for. */
  #notBefore = 0;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** Collects soon, and from now on whenever something expires. */
  start(): void {
    this.#expiry = setInterval(() => this.#expired() && this.schedule(), expiryInterval).unref();
    this.schedule();
  }

  /** Says that something was removed: a collection follows. */
  schedule(): void {
    if (this.#timer !== undefined) return;
    const delay = Math.max(scheduleDelay, this.#notBefore - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.collect().catch((error) => this.#parts.log.error({ err: error }, 'garbage collection failed'));
    }, delay).unref();
  }

  /** Collects now and waits for the end of it. */
  async collect(): Promise<void> {
    // What runs already may have passed over what the caller removed.
    if (this.#running !== undefined) await this.#running.catch(() => undefined);
    this.#running ??= this.#collect().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Stops collecting; waits for a collection that runs. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    clearInterval(this.#expiry);
    await this.#running?.catch(() => undefined);
  }

  async #collect(): Promise<void> {
    const started = performance.now();
    this.#forget();
    const { snapshots } = this.#parts;
    await this.#removeBlobFiles();
    for (const store of snapshots) await store.cleanup();
    const duration = performance.now() - started;
    this.#notBefore = performance.now() + duration * pauseFactor;
    this.#parts.log.debug({ duration }, 'garbage collected');
  }

  /** Removes records, all or none. Children go before their parents: their ids are higher. */
  #forget(): void {
    const { db } = this.#parts;
    db.transaction(() => {
      for (const { namespace, id } of this.#expiredLeases())
        db.run('DELETE FROM leases WHERE namespace = ? AND id = ?', namespace, id);
      db.run('DELETE FROM ingests WHERE expires < ?', this.#now() * 1000);
      db.run(
        `DELETE FROM ingests WHERE expires IS NULL AND NOT EXISTS (
           SELECT 1 FROM lease_resources r WHERE r.namespace = ingests.namespace AND r.type = 'ingests' AND r.id = ref)`,
      );
      const used = markUsed(db, this.#parentsInUse());
      for (const { namespace, digest } of db.all<{ namespace: string; digest: string }>(
        'SELECT namespace, digest FROM blobs',
      ))
        if (!used.has(blobNode(namespace, digest)))
          db.run('DELETE FROM blobs WHERE namespace = ? AND digest = ?', namespace, digest);
      for (const { id, namespace, snapshotter, key } of db.all<{
        id: number;
        namespace: string;
        snapshotter: string;
        key: string;
      }>('SELECT id, namespace, snapshotter, key FROM snapshots ORDER BY id DESC'))
        if (!used.has(snapshotNode(namespace, snapshotter, key))) db.run('DELETE FROM snapshots WHERE id = ?', id);
    });
  }

  #parentsInUse(): Node[] {
    const { db, snapshots } = this.#parts;
    return snapshots.flatMap((store) =>
      store.parentsInUse().flatMap((id) => {
        const row = db.get<{ namespace: string; key: string }>('SELECT namespace, key FROM snapshots WHERE id = ?', id);
        return row === undefined ? [] : [snapshotNode(row.namespace, store.name, row.key)];
      }),
    );
  }

  async #removeBlobFiles(): Promise<void> {
    const { db, content } = this.#parts;
    for (const digest of await content.files.list()) {
      // Nothing else runs between the question and the removal.
      const isKnown =
        db.get(
          'SELECT 1 FROM blobs WHERE digest = ? UNION ALL SELECT 1 FROM ingests WHERE shared = ?',
          digest,
          digest,
        ) !== undefined;
      if (!isKnown && !content.pinned.has(digest)) content.files.remove(digest);
    }
    for (const id of await content.files.listIngests())
      if (!content.isLocked(id) && db.get('SELECT 1 FROM ingests WHERE id = ?', id) === undefined)
        content.files.removeIngest(id);
  }

  #expired(): boolean {
    const ingest = this.#parts.db.get('SELECT 1 FROM ingests WHERE expires < ?', this.#now() * 1000);
    return ingest !== undefined || this.#expiredLeases().length > 0;
  }

  #expiredLeases(): { namespace: string; id: string }[] {
    const now = this.#now();
    return this.#parts.db
      .all<{ namespace: string; id: string; labels: string }>(
        "SELECT namespace, id, labels FROM leases WHERE labels LIKE '%gc.expire%'",
      )
      .filter(({ labels }) => hasExpired(labels, now));
  }
}
