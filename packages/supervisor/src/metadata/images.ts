/** Images: names for content, each with the descriptor of a manifest or index. */
import { isDigest } from '@drydock/oci/digest';
import { alreadyExists, invalidArgument, notFound } from '@drydock/rpc/errors';
import type { Image } from '@drydock/rpc/generated/images';
import type { Descriptor } from '@drydock/rpc/generated/types';
import type { Database } from './database.ts';
import { parseListFilters, readMap } from './filters.ts';
import { decodeLabels, encodeLabels, maskMap, validateLabels } from './labels.ts';
import { present, timestamp } from './moments.ts';
import type { NamespaceStore } from './namespaces.ts';
import { quote } from './quote.ts';

interface Row {
  readonly name: string;
  readonly media_type: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: string;
  readonly labels: string;
  readonly created: number;
  readonly updated: number;
}

export class ImageStore {
  readonly #db: Database;
  readonly #namespaces: NamespaceStore;

  constructor(db: Database, namespaces: NamespaceStore) {
    this.#db = db;
    this.#namespaces = namespaces;
  }

  get(namespace: string, name: string): Image {
    return fromRow(this.#row(namespace, name));
  }

  list(namespace: string, filters: readonly string[]): Image[] {
    const filter = parseListFilters(filters);
    const rows = this.#db.all<Row>('SELECT * FROM images WHERE namespace = ? ORDER BY name', namespace);
    return rows.map(fromRow).filter((image) => filter((path) => readField(image, path)));
  }

  create(namespace: string, image: Image): Image {
    const target = validate(image);
    const now = present();
    this.#namespaces.ensure(namespace);
    const added = this.#db.run(
      `INSERT OR IGNORE INTO images (namespace, name, media_type, digest, size, annotations, labels, created, updated)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      namespace,
      image.name,
      target.mediaType,
      target.digest,
      target.size,
      encodeLabels(target.annotations),
      encodeLabels(image.labels),
      now,
      now,
    );
    if (added === 0) throw alreadyExists(`image ${quote(image.name)}: already exists`);
    return { ...image, createdAt: timestamp(now), updatedAt: timestamp(now) };
  }

  /** Changes what a field mask names; without one, everything. */
  update(namespace: string, image: Image, paths: readonly string[]): Image {
    if (image.name === '') throw invalidArgument('image name is required for update: invalid argument');
    return this.#db.transaction(() => {
      const row = this.#row(namespace, image.name);
      const changed = paths.length === 0 ? image : paths.reduce((now, path) => mask(now, image, path), fromRow(row));
      const target = validate(changed);
      const now = present();
      this.#db.run(
        `UPDATE images SET media_type = ?, digest = ?, size = ?, annotations = ?, labels = ?, updated = ?
         WHERE namespace = ? AND name = ?`,
        target.mediaType,
        target.digest,
        target.size,
        encodeLabels(target.annotations),
        encodeLabels(changed.labels),
        now,
        namespace,
        image.name,
      );
      return { ...changed, createdAt: timestamp(row.created), updatedAt: timestamp(now) };
    });
  }

  delete(namespace: string, name: string): void {
    if (this.#db.run('DELETE FROM images WHERE namespace = ? AND name = ?', namespace, name) === 0)
      throw notFound(`image ${quote(name)}: not found`);
  }

  #row(namespace: string, name: string): Row {
    const row = this.#db.get<Row>('SELECT * FROM images WHERE namespace = ? AND name = ?', namespace, name);
    if (row === undefined) throw notFound(`image ${quote(name)}: not found`);
    return row;
  }
}

function fromRow(row: Row): Image {
  return {
    name: row.name,
    labels: decodeLabels(row.labels),
    target: {
      mediaType: row.media_type,
      digest: row.digest,
      size: row.size,
      annotations: decodeLabels(row.annotations),
    },
    createdAt: timestamp(row.created),
    updatedAt: timestamp(row.updated),
  };
}

function mask(current: Image, given: Image, path: string): Image {
  if (path === 'target') return { ...current, target: given.target };
  const labels = maskMap(path, 'labels', current.labels, given.labels);
  if (labels !== undefined) return { ...current, labels };
  const target = current.target!;
  const annotations = maskMap(path, 'annotations', target.annotations, given.target?.annotations ?? {});
  if (annotations !== undefined) return { ...current, target: { ...target, annotations } };
  throw invalidArgument(`cannot update ${quote(path)} field on image ${quote(given.name)}: invalid argument`);
}

function validate({ name, labels, target }: Image): Descriptor {
  if (name === '') throw invalidArgument('image name must not be empty: invalid argument');
  validateLabels(labels, 'image.Labels');
  const digest = target?.digest ?? '';
  if (target === undefined || !isDigest(digest))
    throw invalidArgument(`Target.Digest ${quote(digest)} invalid: invalid checksum digest format: invalid argument`);
  if (target.size <= 0) throw invalidArgument('Target.Size must be greater than zero: invalid argument');
  if (target.mediaType === '') throw invalidArgument('Target.MediaType must be set: invalid argument');
  return target;
}

function readField({ name, labels, target }: Image, [field, ...rest]: readonly string[]): string | undefined {
  switch (field) {
    case 'name':
      return name === '' ? undefined : name;
    case 'target':
      if (rest[0] === 'digest') return target?.digest;
      return rest[0] === 'mediatype' ? target?.mediaType : undefined;
    case 'labels':
      return readMap(labels, rest);
    case 'annotations':
      return readMap(target?.annotations ?? {}, rest);
    default:
      return undefined;
  }
}
