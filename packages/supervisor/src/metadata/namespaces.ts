/** Namespaces: they keep users of one supervisor apart. One comes into being with the first thing written in it. */
import { alreadyExists, failedPrecondition, invalidArgument, notFound } from '@drydock/rpc/errors';
import type { Namespace } from '@drydock/rpc/generated/namespaces';
import type { Database } from './database.ts';
import { validateIdentifier } from './identifiers.ts';
import { decodeLabels, encodeLabels, maskMap, validateLabels } from './labels.ts';
import { quote } from './quote.ts';

interface Row {
  readonly name: string;
  readonly labels: string;
}

export class NamespaceStore {
  readonly #db: Database;
  /** Namespaces known to exist, so that a write needs no query for its namespace. */
  readonly #known = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Makes a namespace exist before something is written in it. */
  ensure(name: string): void {
    if (this.#known.has(name)) return;
    this.#db.run('INSERT OR IGNORE INTO namespaces (name) VALUES (?)', name);
    this.#known.add(name);
  }

  /** A namespace; one that does not exist has no labels, as containerd has it. */
  get(name: string): Namespace {
    const row = this.#db.get<Row>('SELECT * FROM namespaces WHERE name = ?', name);
    return { name, labels: row === undefined ? {} : decodeLabels(row.labels) };
  }

  list(): Namespace[] {
    const rows = this.#db.all<Row>('SELECT * FROM namespaces ORDER BY name');
    return rows.map(({ name, labels }) => ({ name, labels: decodeLabels(labels) }));
  }

  create({ name, labels }: Namespace): Namespace {
    validateIdentifier(name);
    validateLabels(labels, 'namespace.Labels');
    const added = this.#db.run(
      'INSERT OR IGNORE INTO namespaces (name, labels) VALUES (?, ?)',
      name,
      encodeLabels(labels),
    );
    if (added === 0) throw alreadyExists(`namespace ${quote(name)}: already exists`);
    return { name, labels };
  }

  /** Sets the labels that a field mask names; without one, all of them. Makes the namespace if it is missing. */
  update({ name, labels: given }: Namespace, paths: readonly string[]): Namespace {
    validateIdentifier(name);
    return this.#db.transaction(() => {
      let labels = paths.length === 0 ? given : this.get(name).labels;
      for (const path of paths) {
        const masked = path === 'labels' ? undefined : maskMap(path, 'labels', labels, given);
        if (masked === undefined) throw invalidArgument(`cannot update ${quote(path)} field`);
        labels = masked;
      }
      validateLabels(labels, 'namespace.Labels');
      this.ensure(name);
      this.#db.run('UPDATE namespaces SET labels = ? WHERE name = ?', encodeLabels(labels), name);
      return { name, labels };
    });
  }

  /** Removes an empty namespace; leases in it go too. */
  delete(name: string): void {
    this.#db.transaction(() => {
      const left = this.#contents(name);
      if (left.length > 0)
        throw failedPrecondition(
          `namespace ${quote(name)} must be empty, but it still has ${left.join(', ')}: failed precondition`,
        );
      if (this.#db.run('DELETE FROM namespaces WHERE name = ?', name) === 0)
        throw notFound(`namespace ${quote(name)}: not found`);
      this.#known.delete(name);
    });
  }

  /** What keeps a namespace from being removed, in containerd's words. */
  #contents(name: string): string[] {
    const holds = (table: string): boolean =>
      this.#db.get(`SELECT 1 FROM ${table} WHERE namespace = ? LIMIT 1`, name) !== undefined;
    const snapshotters = this.#db.all<{ snapshotter: string }>(
      'SELECT DISTINCT snapshotter FROM snapshots WHERE namespace = ? ORDER BY snapshotter',
      name,
    );
    return [
      ...['images', 'blobs', 'containers'].filter(holds),
      ...snapshotters.map(({ snapshotter }) => `snapshots on ${quote(snapshotter)} snapshotter`),
    ];
  }
}
