/** Leases: what they hold is not garbage, whether or not anything else refers to it yet. */
import { randomBytes } from 'node:crypto';
import { isDigest } from '@drydock/oci/digest';
import { alreadyExists, invalidArgument, notFound, notImplemented } from '@drydock/rpc/errors';
import type { Lease, Resource } from '@drydock/rpc/generated/leases';
import type { Database } from './database.ts';
import { parseListFilters, readMap } from './filters.ts';
import { decodeLabels, encodeLabels, type Labels } from './labels.ts';
import { present, timestamp } from './moments.ts';
import type { NamespaceStore } from './namespaces.ts';
import { quote } from './quote.ts';

interface Row {
  readonly id: string;
  readonly labels: string;
  readonly created: number;
}

export class LeaseStore {
  readonly #db: Database;
  readonly #namespaces: NamespaceStore;

  constructor(db: Database, namespaces: NamespaceStore) {
    this.#db = db;
    this.#namespaces = namespaces;
  }

  /** Makes a lease; an empty id has one made up, of the form that Go's client makes. */
  create(namespace: string, id: string, labels: Labels): Lease {
    const lease = id === '' ? `${(present() % 1_000_000) * 1000}-${randomBytes(3).toString('base64url')}` : id;
    const now = present();
    this.#namespaces.ensure(namespace);
    const added = this.#db.run(
      'INSERT OR IGNORE INTO leases (namespace, id, labels, created) VALUES (?, ?, ?, ?)',
      namespace,
      lease,
      encodeLabels(labels),
      now,
    );
    if (added === 0) throw alreadyExists(`lease ${quote(lease)}: already exists`);
    return { id: lease, labels: { ...labels }, createdAt: timestamp(now) };
  }

  delete(namespace: string, id: string): void {
    if (this.#db.run('DELETE FROM leases WHERE namespace = ? AND id = ?', namespace, id) === 0)
      throw notFound(`lease ${quote(id)}: not found`);
  }

  list(namespace: string, filters: readonly string[]): Lease[] {
    const filter = parseListFilters(filters);
    const rows = this.#db.all<Row>('SELECT * FROM leases WHERE namespace = ? ORDER BY id', namespace);
    return rows
      .map(({ id, labels, created }) => ({ id, labels: decodeLabels(labels), createdAt: timestamp(created) }))
      .filter((lease) =>
        filter(([field, ...rest]) => {
          if (field === 'id') return lease.id;
          return field === 'labels' ? readMap(lease.labels, rest) : undefined;
        }),
      );
  }

  addResource(namespace: string, lease: string, resource: Resource): void {
    this.#require(namespace, lease);
    validateResource(resource);
    this.#insert(namespace, lease, resource);
  }

  deleteResource(namespace: string, lease: string, resource: Resource): void {
    this.#require(namespace, lease);
    validateResource(resource);
    this.#db.run(
      'DELETE FROM lease_resources WHERE namespace = ? AND lease = ? AND type = ? AND id = ?',
      namespace,
      lease,
      resource.type,
      resource.id,
    );
  }

  listResources(namespace: string, lease: string): Resource[] {
    this.#require(namespace, lease);
    const rows = this.#db.all<Resource>(
      'SELECT type, id FROM lease_resources WHERE namespace = ? AND lease = ? ORDER BY type, id',
      namespace,
      lease,
    );
    return rows.map(({ type, id }) => ({ type, id }));
  }

  /** Gives what a call made to the lease that the call names, if it names one. Throws if there is no such lease. */
  hold(namespace: string, lease: string | undefined, type: string, id: string): boolean {
    if (lease === undefined || lease === '') return false;
    if (!this.#exists(namespace, lease)) throw notFound('lease does not exist: not found');
    this.#insert(namespace, lease, { type, id });
    return true;
  }

  /** Takes what a call removed from the lease that the call names. */
  release(namespace: string, lease: string | undefined, type: string, id: string): void {
    if (lease === undefined || lease === '') return;
    this.#db.run(
      'DELETE FROM lease_resources WHERE namespace = ? AND lease = ? AND type = ? AND id = ?',
      namespace,
      lease,
      type,
      id,
    );
  }

  #insert(namespace: string, lease: string, { type, id }: Resource): void {
    this.#db.run(
      'INSERT OR IGNORE INTO lease_resources (namespace, lease, type, id) VALUES (?, ?, ?, ?)',
      namespace,
      lease,
      type,
      id,
    );
  }

  #exists(namespace: string, id: string): boolean {
    return this.#db.get('SELECT 1 FROM leases WHERE namespace = ? AND id = ?', namespace, id) !== undefined;
  }

  #require(namespace: string, id: string): void {
    if (!this.#exists(namespace, id)) throw notFound(`lease ${quote(id)}: not found`);
  }
}

function validateResource({ type, id }: Resource): void {
  const [kind, snapshotter, ...more] = type.split('/');
  if (kind === 'content' && snapshotter === undefined) {
    if (!isDigest(id))
      throw invalidArgument(`invalid content resource id ${id}: invalid checksum digest format: invalid argument`);
  } else if (kind === 'snapshots') {
    if (snapshotter === undefined || snapshotter === '' || more.length > 0)
      throw invalidArgument(`invalid snapshot resource type ${type}: invalid argument`);
  } else if (type !== 'ingests') throw notImplemented(`resource type ${type} not supported yet: not implemented`);
}
