/**
 * Blobs of a namespace: what it knows of each, and how they are read and written. A blob's bytes are kept once for all
 * namespaces, but a namespace sees only what was written in it.
 */
import { isDigest } from '@drydock/oci/digest';
import { alreadyExists, invalidArgument, notFound, unavailable } from '@drydock/rpc/errors';
import type { Info, Status } from '@drydock/rpc/generated/content';
import type { Database } from '../metadata/database.ts';
import { parseFilters, readMap } from '../metadata/filters.ts';
import { decodeLabels, encodeLabels, maskMap, validateLabels } from '../metadata/labels.ts';
import type { LeaseStore } from '../metadata/leases.ts';
import { present, timestamp } from '../metadata/moments.ts';
import type { NamespaceStore } from '../metadata/namespaces.ts';
import { quote } from '../metadata/quote.ts';
import { BlobFiles } from './blob-files.ts';
import { ContentWriter } from './content-writer.ts';
import { IngestStore } from './ingest-store.ts';

interface Row {
  readonly digest: string;
  readonly size: number;
  readonly labels: string;
  readonly created: number;
  readonly updated: number;
}

/** Who writes what: the reference identifies the ingest; size and digest are what the writer expects to arrive at. */
export interface WriteRequest {
  readonly namespace: string;
  readonly lease: string | undefined;
  readonly ref: string;
  readonly total?: number;
  readonly expected?: string;
}

export interface ContentStoreParts {
  readonly db: Database;
  readonly namespaces: NamespaceStore;
  readonly leases: LeaseStore;
  /** The directory of blobs and ingests. */
  readonly root: string;
}

export class ContentStore {
  readonly files: BlobFiles;
  readonly ingests: IngestStore;
  /** Digests of blobs that are just becoming known. */
  readonly pinned = new Set<string>();
  readonly #db: Database;
  readonly #namespaces: NamespaceStore;
  readonly #leases: LeaseStore;
  /** Ingests that are open for writing: since when. */
  readonly #locked = new Map<number, string>();

  constructor({ db, namespaces, leases, root }: ContentStoreParts) {
    this.#db = db;
    this.#namespaces = namespaces;
    this.#leases = leases;
    this.files = new BlobFiles(root);
    this.ingests = new IngestStore(db, this.files);
  }

  has(namespace: string, digest: string): boolean {
    return this.#find(namespace, digest) !== undefined;
  }

  info(namespace: string, digest: string): Info {
    return fromRow(this.#row(namespace, digest));
  }

  list(namespace: string, filters: readonly string[]): Info[] {
    const filter = parseFilters(filters);
    const rows = this.#db.all<Row>('SELECT * FROM blobs WHERE namespace = ? ORDER BY digest', namespace);
    return rows.map(fromRow).filter((info) => filter((path) => readField(info, path)));
  }

  /** Changes labels by a field mask; without one, all of them. */
  update(namespace: string, given: Info, paths: readonly string[]): Info {
    return this.#db.transaction(() => {
      const current = this.info(namespace, given.digest);
      let labels = paths.length === 0 ? given.labels : current.labels;
      for (const path of paths) {
        const masked = maskMap(path, 'labels', labels, given.labels);
        if (masked === undefined)
          throw invalidArgument(
            `cannot update ${quote(path)} field on content info ${quote(given.digest)}: invalid argument`,
          );
        labels = masked;
      }
      validateLabels(labels, 'info.Labels');
      const now = present();
      this.#db.run(
        'UPDATE blobs SET labels = ?, updated = ? WHERE namespace = ? AND digest = ?',
        encodeLabels(labels),
        now,
        namespace,
        given.digest,
      );
      return { ...current, labels, updatedAt: timestamp(now) };
    });
  }

  /** Forgets a blob; its bytes go with the next garbage collection, unless another namespace has it. */
  delete(namespace: string, digest: string, lease?: string): void {
    if (this.#db.run('DELETE FROM blobs WHERE namespace = ? AND digest = ?', namespace, digest) === 0)
      throw notFound(`content digest ${digest}: not found`);
    this.#leases.release(namespace, lease, 'content', digest);
  }

  /** The path of a blob's file, for reading. */
  path(namespace: string, digest: string): string {
    this.#row(namespace, digest);
    return this.files.path(digest);
  }

  /** Opens the ingest of a reference for writing; only one may at a time. */
  async writer({ namespace, lease, ref, total = 0, expected = '' }: WriteRequest): Promise<ContentWriter> {
    if (ref === '') throw invalidArgument('ref must not be empty: invalid argument');
    if (expected !== '' && this.has(namespace, expected)) {
      this.#leases.hold(namespace, lease, 'content', expected);
      throw alreadyExists(`content ${expected}: already exists`);
    }
    const size = expected !== '' && isDigest(expected) ? this.files.size(expected) : undefined;
    const shared = size !== undefined && (total === 0 || total === size) ? expected : '';
    this.#namespaces.ensure(namespace);
    const ingest = this.#db.transaction(() => {
      const opened = this.ingests.open(namespace, ref, { total: shared === '' ? total : size!, shared });
      if (!this.#leases.hold(namespace, lease, 'ingests', ref)) this.ingests.expire(namespace, ref);
      return opened;
    });
    const since = this.#locked.get(ingest.id);
    if (since !== undefined)
      throw unavailable(`ref ${namespace}/${ingest.id}/${ref} locked since ${since}: unavailable`);
    this.#locked.set(ingest.id, new Date().toISOString());
    const writer = new ContentWriter({
      ingest,
      files: this.files,
      pinned: this.pinned,
      unshared: () => this.ingests.unshare(namespace, ref),
      closed: () => this.#locked.delete(ingest.id),
      committed: (digest, blobSize, labels) => this.#commit({ namespace, lease, ref, digest, size: blobSize, labels }),
    });
    try {
      if (ingest.shared === '') await writer.open();
    } catch (error) {
      writer.close();
      throw error;
    }
    return writer;
  }

  status(namespace: string, ref: string): Status {
    return this.ingests.status(this.ingests.get(namespace, ref));
  }

  /** Drops an ingest and what was written of it. */
  abort(namespace: string, ref: string, lease?: string): void {
    const { id } = this.ingests.get(namespace, ref);
    this.ingests.delete(namespace, ref);
    this.#leases.release(namespace, lease, 'ingests', ref);
    this.files.removeIngest(id);
  }

  /** Whether an ingest is being written right now. */
  isLocked(id: number): boolean {
    return this.#locked.has(id);
  }

  /** Makes a namespace know a blob whose bytes are in place, and its lease hold it. */
  #commit(blob: {
    readonly namespace: string;
    readonly lease: string | undefined;
    readonly ref: string;
    readonly digest: string;
    readonly size: number;
    readonly labels: Readonly<Record<string, string>>;
  }): void {
    const { namespace, lease, ref, digest, size, labels } = blob;
    const now = present();
    const added = this.#db.transaction(() => {
      const rows = this.#db.run(
        `INSERT OR IGNORE INTO blobs (namespace, digest, size, labels, created, updated) VALUES (?, ?, ?, ?, ?, ?)`,
        namespace,
        digest,
        size,
        encodeLabels(labels),
        now,
        now,
      );
      this.ingests.delete(namespace, ref);
      this.#leases.release(namespace, lease, 'ingests', ref);
      this.#leases.hold(namespace, lease, 'content', digest);
      return rows;
    });
    if (added === 0) throw alreadyExists(`content ${digest}: already exists`);
  }

  #find(namespace: string, digest: string): Row | undefined {
    return this.#db.get<Row>('SELECT * FROM blobs WHERE namespace = ? AND digest = ?', namespace, digest);
  }

  #row(namespace: string, digest: string): Row {
    const row = this.#find(namespace, digest);
    if (row === undefined) throw notFound(`content digest ${digest}: not found`);
    return row;
  }
}

function fromRow({ digest, size, labels, created, updated }: Row): Info {
  return {
    digest,
    size,
    labels: decodeLabels(labels),
    createdAt: timestamp(created),
    updatedAt: timestamp(updated),
  };
}

function readField({ digest, size, labels }: Info, [field, ...rest]: readonly string[]): string | undefined {
  switch (field) {
    case 'digest':
      return digest;
    case 'size':
      return String(size);
    case 'labels':
      return readMap(labels, rest);
    default:
      return undefined;
  }
}
