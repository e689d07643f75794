/** Containers: records only. What runs is a task. A record is kept as its message, so that unknown fields' Any stay whole. */
import { alreadyExists, invalidArgument, notFound, RpcError } from '@drydock/rpc/errors';
import { Container } from '@drydock/rpc/generated/containers';
import type { Database } from './database.ts';
import { parseListFilters, readMap } from './filters.ts';
import { validateIdentifier } from './identifiers.ts';
import { encodeLabels, maskMap, validateLabels } from './labels.ts';
import { present, timestamp } from './moments.ts';
import type { NamespaceStore } from './namespaces.ts';
import { quote } from './quote.ts';

interface Row {
  readonly record: Uint8Array;
}

/** What may change when an update names no fields. */
const mutable = ['labels', 'spec', 'extensions', 'image', 'snapshotkey'];

export class ContainerStore {
  readonly #db: Database;
  readonly #namespaces: NamespaceStore;

  constructor(db: Database, namespaces: NamespaceStore) {
    this.#db = db;
    this.#namespaces = namespaces;
  }

  /** The record of a container, or undefined. */
  find(namespace: string, id: string): Container | undefined {
    const row = this.#db.get<Row>('SELECT record FROM containers WHERE namespace = ? AND id = ?', namespace, id);
    return row === undefined ? undefined : Container.decode(row.record);
  }

  get(namespace: string, id: string): Container {
    const container = this.find(namespace, id);
    if (container === undefined) throw missing(namespace, id);
    return container;
  }

  /** Throws `not found` if there is no such container. */
  require(namespace: string, id: string): void {
    if (this.#db.get('SELECT 1 FROM containers WHERE namespace = ? AND id = ?', namespace, id) === undefined)
      throw missing(namespace, id);
  }

  list(namespace: string, filters: readonly string[]): Container[] {
    const filter = parseListFilters(filters);
    const rows = this.#db.all<Row>('SELECT record FROM containers WHERE namespace = ? ORDER BY id', namespace);
    const containers = rows.map(({ record }) => Container.decode(record));
    return containers.filter((container) => filter((path) => readField(container, path)));
  }

  create(namespace: string, given: Container): Container {
    validate(given, 'create container failed validation');
    const now = present();
    const container = { ...given, createdAt: timestamp(now), updatedAt: timestamp(now) };
    this.#namespaces.ensure(namespace);
    const added = this.#db.run(
      `INSERT OR IGNORE INTO containers (namespace, id, snapshotter, snapshot_key, labels, record, created, updated)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      namespace,
      container.id,
      container.snapshotter,
      container.snapshotKey,
      encodeLabels(container.labels),
      encode(container),
      now,
      now,
    );
    if (added === 0) throw alreadyExists(`container ${quote(container.id)}: already exists`);
    return container;
  }

  /** Changes what a field mask names; without one, everything that may change. */
  update(namespace: string, given: Container, paths: readonly string[]): Container {
    if (given.id === '') throw invalidArgument('must specify a container id: invalid argument');
    return this.#db.transaction(() => {
      const current = this.find(namespace, given.id);
      if (current === undefined) throw notFound(`container ${quote(given.id)}: not found`);
      if (paths.length === 0) refuseImmutable(current, given);
      const masked = (paths.length === 0 ? mutable : paths).reduce((now, path) => mask(now, given, path), current);
      validate(masked, 'update failed validation');
      const now = present();
      const container = { ...masked, updatedAt: timestamp(now) };
      this.#db.run(
        `UPDATE containers SET snapshot_key = ?, labels = ?, record = ?, updated = ? WHERE namespace = ? AND id = ?`,
        container.snapshotKey,
        encodeLabels(container.labels),
        encode(container),
        now,
        namespace,
        container.id,
      );
      return container;
    });
  }

  delete(namespace: string, id: string): void {
    if (this.#db.run('DELETE FROM containers WHERE namespace = ? AND id = ?', namespace, id) === 0)
      throw notFound(`container ${id}: not found`);
  }
}

function missing(namespace: string, id: string): RpcError {
  return notFound(`container ${quote(id)} in namespace ${quote(namespace)}: not found`);
}

/** The record's bytes; a label that is set to nothing is a label that is removed. */
function encode(container: Container): Uint8Array {
  return Container.encode({ ...container, labels: JSON.parse(encodeLabels(container.labels)) });
}

function refuseImmutable(current: Container, given: Container): void {
  if (current.snapshotter !== given.snapshotter)
    throw invalidArgument('container.Snapshotter field is immutable: invalid argument');
  if (current.runtime?.name !== given.runtime?.name)
    throw invalidArgument('container.Runtime.Name field is immutable: invalid argument');
}

function mask(current: Container, given: Container, path: string): Container {
  const labels = maskMap(path, 'labels', current.labels, given.labels);
  if (labels !== undefined) return { ...current, labels };
  const extensions = maskMap(path, 'extensions', current.extensions, given.extensions);
  if (extensions !== undefined) return { ...current, extensions };
  switch (path) {
    case 'spec':
      return { ...current, spec: given.spec };
    case 'image':
      return { ...current, image: given.image };
    case 'snapshotkey':
      return { ...current, snapshotKey: given.snapshotKey };
    default:
      throw invalidArgument(`cannot update ${quote(path)} field on ${quote(given.id)}: invalid argument`);
  }
}

function validate(container: Container, prefix: string): void {
  try {
    validateIdentifier(container.id, 'container.ID');
    if ('' in container.extensions)
      throw invalidArgument('container.Extension keys must not be zero-length: invalid argument');
    validateLabels(container.labels, 'containers.Labels');
    if ((container.runtime?.name ?? '') === '')
      throw invalidArgument('container.Runtime.Name must be set: invalid argument');
    if (container.spec === undefined) throw invalidArgument('container.Spec must be set: invalid argument');
    if (container.snapshotKey !== '' && container.snapshotter === '')
      throw invalidArgument('container.Snapshotter must be set if container.SnapshotKey is set: invalid argument');
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw invalidArgument(`${prefix}: ${error.message}`);
  }
}

function readField(container: Container, [field, ...rest]: readonly string[]): string | undefined {
  switch (field) {
    case 'id':
      return container.id;
    case 'image':
      return container.image === '' ? undefined : container.image;
    case 'runtime':
      return rest[0] === 'name' ? container.runtime?.name : undefined;
    case 'labels':
      return readMap(container.labels, rest);
    default:
      return undefined;
  }
}
