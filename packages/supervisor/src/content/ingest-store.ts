/** The records of ingests: content that is being written, by its reference. It may be taken up again after a break. */
import { notFound } from '@drydock/rpc/errors';
import type { Status } from '@drydock/rpc/generated/content';
import type { Database } from '../metadata/database.ts';
import { parseFilters } from '../metadata/filters.ts';
import { present, timestamp } from '../metadata/moments.ts';
import type { BlobFiles } from './blob-files.ts';

/** One ingest. `shared` is the digest of a blob of another namespace that it stands for until something is written. */
export interface Ingest {
  readonly id: number;
  readonly ref: string;
  readonly total: number;
  readonly expected: string;
  readonly shared: string;
  readonly started: number;
}

/** How long an ingest without a lease is kept, in microseconds. */
const lifetime = 24 * 3600 * 1_000_000;

export class IngestStore {
  readonly #db: Database;
  readonly #files: BlobFiles;

  constructor(db: Database, files: BlobFiles) {
    this.#db = db;
    this.#files = files;
  }

  find(namespace: string, ref: string): Ingest | undefined {
    return this.#db.get<Ingest>('SELECT * FROM ingests WHERE namespace = ? AND ref = ?', namespace, ref);
  }

  get(namespace: string, ref: string): Ingest {
    const ingest = this.find(namespace, ref);
    if (ingest === undefined) throw notFound(`reference ${ref}: not found`);
    return ingest;
  }

  /** The ingest of a reference, made if it is new. */
  open(namespace: string, ref: string, { total, shared }: { total: number; shared: string }): Ingest {
    this.#db.run(
      `INSERT OR IGNORE INTO ingests (namespace, ref, total, expected, shared, started) VALUES (?, ?, ?, '', ?, ?)`,
      namespace,
      ref,
      total,
      shared,
      present(),
    );
    return this.get(namespace, ref);
  }

  /** Lets an ingest expire by itself, since no lease ends it. */
  expire(namespace: string, ref: string): void {
    this.#db.run(
      'UPDATE ingests SET expires = ? WHERE namespace = ? AND ref = ?',
      present() + lifetime,
      namespace,
      ref,
    );
  }

  /** Notes that an ingest no longer stands for a shared blob. */
  unshare(namespace: string, ref: string): void {
    this.#db.run("UPDATE ingests SET shared = '' WHERE namespace = ? AND ref = ?", namespace, ref);
  }

  delete(namespace: string, ref: string): void {
    this.#db.run('DELETE FROM ingests WHERE namespace = ? AND ref = ?', namespace, ref);
  }

  status(ingest: Ingest): Status {
    const written = ingest.shared === '' ? this.#files.ingestState(ingest.id) : undefined;
    return {
      ref: ingest.ref,
      offset: ingest.shared === '' ? (written?.size ?? 0) : ingest.total,
      total: ingest.total,
      expected: ingest.expected,
      startedAt: timestamp(ingest.started),
      updatedAt: timestamp(written?.modified ?? ingest.started),
    };
  }

  list(namespace: string, filters: readonly string[]): Status[] {
    const filter = parseFilters(filters);
    const rows = this.#db.all<Ingest>('SELECT * FROM ingests WHERE namespace = ? ORDER BY ref', namespace);
    return rows
      .filter(({ ref }) => filter(([field]) => (field === 'ref' ? ref : undefined)))
      .map((ingest) => this.status(ingest));
  }
}
