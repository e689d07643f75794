/** Snapshots of one snapshotter: names, parents, kinds and labels in the metadata, the files in a backend. */
import { alreadyExists, failedPrecondition, invalidArgument, notFound } from '@drydock/rpc/errors';
import { type Info, Kind } from '@drydock/rpc/generated/snapshots';
import type { Mount } from '@drydock/rpc/generated/types';
import type { Database } from '../metadata/database.ts';
import { parseFilters } from '../metadata/filters.ts';
import { decodeLabels, encodeLabels, type Labels, maskMap, validateLabels } from '../metadata/labels.ts';
import type { LeaseStore } from '../metadata/leases.ts';
import { present, timestamp } from '../metadata/moments.ts';
import type { NamespaceStore } from '../metadata/namespaces.ts';
import { quote } from '../metadata/quote.ts';
import type { Place, SnapshotBackend, Usage } from './backend.ts';
import { infoOf, readField, type SnapshotRow } from './snapshot-info.ts';

/** Label that says: if a snapshot of this name is there already, it is the one that is wanted. */
const refLabel = 'containerd.io/snapshot.ref';

const selectRow = `SELECT s.*, p.key AS parent_key FROM snapshots s LEFT JOIN snapshots p ON p.id = s.parent
                   WHERE s.namespace = ? AND s.snapshotter = ?`;

/** Whose snapshots a call is about. */
export interface Scope {
  readonly namespace: string;
  readonly lease?: string | undefined;
}

/** A snapshot to be made. */
interface Wanted {
  readonly key: string;
  /** Name of the committed snapshot that it is made on; '' for none. */
  readonly parent: string;
  readonly labels: Labels;
  readonly kind: number;
}

export interface SnapshotStoreParts {
  readonly db: Database;
  readonly namespaces: NamespaceStore;
  readonly leases: LeaseStore;
  /** The snapshotter's name, such as `overlayfs`. */
  readonly name: string;
  readonly backend: SnapshotBackend;
}

export class SnapshotStore {
  readonly name: string;
  readonly backend: SnapshotBackend;
  readonly #db: Database;
  readonly #namespaces: NamespaceStore;
  readonly #leases: LeaseStore;
  /** Numbers of snapshots that are being made, with those of their parents. */
  readonly #pending = new Map<number, number | null>();

  constructor({ db, namespaces, leases, name, backend }: SnapshotStoreParts) {
    this.#db = db;
    this.#namespaces = namespaces;
    this.#leases = leases;
    this.name = name;
    this.backend = backend;
  }

  /** Makes a writable snapshot on a committed parent (`''` for none); answers its mounts. */
  prepare(scope: Scope, key: string, parent: string, labels: Labels): Promise<Mount[]> {
    return this.#create(scope, { key, parent, labels, kind: Kind.ACTIVE });
  }

  /** Makes a read-only snapshot of a committed parent; answers its mounts. */
  view(scope: Scope, key: string, parent: string, labels: Labels): Promise<Mount[]> {
    return this.#create(scope, { key, parent, labels, kind: Kind.VIEW });
  }

  /** The mounts of an active snapshot or a view. */
  async mounts({ namespace }: Scope, key: string): Promise<Mount[]> {
    const row = this.#row(namespace, key);
    if (row.kind === Kind.COMMITTED)
      throw failedPrecondition(
        `failed to get active mount: requested snapshot ${namespace}/${row.id}/${key} not active or view: failed precondition`,
      );
    return this.backend.mounts(this.#place(row));
  }

  /** Makes an active snapshot a committed one, under another name. */
  async commit({ namespace, lease }: Scope, name: string, key: string, labels: Labels): Promise<void> {
    validateLabels(labels, 'info.Labels');
    const now = present();
    const place = this.#db.transaction(() => {
      if (this.#find(namespace, name) !== undefined) throw alreadyExists(`snapshot ${quote(name)}: already exists`);
      const row = this.#row(namespace, key);
      if (row.kind !== Kind.ACTIVE)
        throw failedPrecondition(
          `failed to commit snapshot: snapshot ${quote(`${namespace}/${row.id}/${key}`)} is not active: failed precondition`,
        );
      this.#leases.hold(namespace, lease, this.#resource, name);
      this.#leases.release(namespace, lease, this.#resource, key);
      this.#db.run(
        'UPDATE snapshots SET key = ?, kind = ?, labels = ?, created = ?, updated = ? WHERE id = ?',
        name,
        Kind.COMMITTED,
        encodeLabels(labels),
        now,
        now,
        row.id,
      );
      return this.#place(row);
    });
    await this.backend.committed?.(place);
  }

  /** Forgets a snapshot that has no children; its files go with the next garbage collection. */
  remove({ namespace, lease }: Scope, key: string): void {
    this.#db.transaction(() => {
      const { id } = this.#row(namespace, key);
      if (
        this.#db.get('SELECT 1 FROM snapshots WHERE parent = ? LIMIT 1', id) !== undefined ||
        this.#isBelowPending(id)
      )
        throw failedPrecondition('cannot remove snapshot with child: failed precondition');
      this.#db.run('DELETE FROM snapshots WHERE id = ?', id);
      this.#leases.release(namespace, lease, this.#resource, key);
    });
  }

  stat({ namespace }: Scope, key: string): Info {
    return infoOf(this.#row(namespace, key));
  }

  /** Changes labels by a field mask; without one, all of them. */
  update({ namespace }: Scope, given: Info, paths: readonly string[]): Info {
    if (given.name === '') throw invalidArgument('invalid argument');
    return this.#db.transaction(() => {
      const row = this.#row(namespace, given.name);
      let labels: Labels = paths.length === 0 ? given.labels : decodeLabels(row.labels);
      for (const path of paths) {
        const masked = maskMap(path, 'labels', labels, given.labels);
        if (masked === undefined)
          throw invalidArgument(
            `cannot update ${quote(path)} field on snapshot ${quote(given.name)}: invalid argument`,
          );
        labels = masked;
      }
      validateLabels(labels, 'info.Labels');
      const now = present();
      this.#db.run('UPDATE snapshots SET labels = ?, updated = ? WHERE id = ?', encodeLabels(labels), now, row.id);
      return { ...infoOf(row), labels: { ...labels }, updatedAt: timestamp(now) };
    });
  }

  list({ namespace }: Scope, filters: readonly string[]): Info[] {
    const filter = parseFilters(filters);
    const rows = this.#db.all<SnapshotRow>(`${selectRow} ORDER BY s.key`, namespace, this.name);
    return rows.map(infoOf).filter((info) => filter((path) => readField(info, path)));
  }

  /** What a snapshot takes up: a view nothing. A committed one does not change, so it is measured once. */
  async usage({ namespace }: Scope, key: string): Promise<Usage> {
    const row = this.#row(namespace, key);
    if (row.kind === Kind.VIEW) return { size: 0, inodes: 0 };
    if (row.size !== null && row.inodes !== null) return { size: row.size, inodes: row.inodes };
    const usage = await this.backend.usage(this.#place(row));
    if (row.kind === Kind.COMMITTED)
      this.#db.run('UPDATE snapshots SET size = ?, inodes = ? WHERE id = ?', usage.size, usage.inodes, row.id);
    return usage;
  }

  /** Removes the files of snapshots that no namespace knows. What cannot be removed keeps nothing else from it. */
  async cleanup(): Promise<void> {
    const failures: unknown[] = [];
    for (const id of await this.backend.list()) {
      if (this.#pending.has(id) || this.#db.get('SELECT 1 FROM snapshots WHERE id = ?', id) !== undefined) continue;
      try {
        await this.backend.remove(id);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** The snapshots that are parents of what is being made: in use, though no record says so yet. */
  parentsInUse(): number[] {
    return [...this.#pending.values()].filter((parent) => parent !== null);
  }

  get #resource(): string {
    return `snapshots/${this.name}`;
  }

  /** The place is made before its record: a kill in between leaves files that the next clean-up removes. */
  async #create({ namespace, lease }: Scope, wanted: Wanted): Promise<Mount[]> {
    const { key, labels, kind } = wanted;
    validateLabels(labels, 'info.Labels');
    this.#namespaces.ensure(namespace);
    const parent = this.#check(namespace, wanted)?.id ?? null;
    const id = this.#reserve();
    this.#pending.set(id, parent);
    const place = this.#place({ id, kind, parent });
    try {
      await this.backend.make(place);
      const mounts = await this.backend.mounts(place);
      const now = present();
      this.#db.transaction(() => {
        // Another call may have been quicker.
        this.#check(namespace, wanted);
        this.#leases.hold(namespace, lease, this.#resource, key);
        this.#db.run(
          `INSERT INTO snapshots (id, namespace, snapshotter, key, kind, parent, labels, created, updated)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          id,
          namespace,
          this.name,
          key,
          kind,
          parent,
          encodeLabels(labels),
          now,
          now,
        );
      });
      return mounts;
    } catch (error) {
      await this.#discard(id);
      throw error;
    } finally {
      this.#pending.delete(id);
    }
  }

  /** Throws if a snapshot cannot be made; answers its parent. */
  #check(namespace: string, { key, parent, labels }: Wanted): SnapshotRow | undefined {
    const target = labels[refLabel] ?? '';
    if (target !== '' && this.#find(namespace, target) !== undefined)
      throw alreadyExists(`target snapshot ${quote(target)}: already exists`);
    if (this.#find(namespace, key) !== undefined) throw alreadyExists(`snapshot ${quote(key)}: already exists`);
    return parent === '' ? undefined : this.#parent(namespace, parent);
  }

  /** A number that no snapshot, of any snapshotter, has had. */
  #reserve(): number {
    return this.#db.transaction(() => {
      this.#db.run(`INSERT INTO sqlite_sequence (name, seq) SELECT 'snapshots', 0
                    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'snapshots')`);
      return this.#db.get<{ seq: number }>(
        "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'snapshots' RETURNING seq",
      )!.seq;
    });
  }

  async #discard(id: number): Promise<void> {
    try {
      await this.backend.remove(id);
    } catch {
      // The next clean-up tries again, and says why it cannot.
    }
  }

  #isBelowPending(id: number): boolean {
    return [...this.#pending.values()].includes(id);
  }

  #parent(namespace: string, key: string): SnapshotRow {
    const row = this.#find(namespace, key);
    if (row === undefined) throw notFound(`parent snapshot ${key} does not exist: not found`);
    if (row.kind !== Kind.COMMITTED)
      throw invalidArgument(
        `failed to create snapshot: parent ${quote(`${namespace}/${row.id}/${key}`)} is not committed snapshot: invalid argument`,
      );
    return row;
  }

  #place({ id, kind, parent }: Pick<SnapshotRow, 'id' | 'kind' | 'parent'>): Place {
    const chain = this.#db.all<{ id: number }>(
      `WITH RECURSIVE chain (id, depth) AS (
         SELECT ?, 0 UNION ALL SELECT s.parent, depth + 1 FROM snapshots s JOIN chain c ON s.id = c.id
       ) SELECT id FROM chain WHERE id IS NOT NULL ORDER BY depth`,
      parent,
    );
    return { id, writable: kind === Kind.ACTIVE, parents: chain.map((link) => link.id) };
  }

  #find(namespace: string, key: string): SnapshotRow | undefined {
    return this.#db.get<SnapshotRow>(`${selectRow} AND s.key = ?`, namespace, this.name, key);
  }

  #row(namespace: string, key: string): SnapshotRow {
    const row = this.#find(namespace, key);
    if (row === undefined) throw notFound(`snapshot ${key} does not exist: not found`);
    return row;
  }
}
