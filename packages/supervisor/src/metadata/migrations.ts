/**
 * The schema of the metadata, as steps that are each applied once. Moments are microseconds since 1970; labels and
 * annotations are JSON objects. A snapshot's `id` names its directory.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE namespaces (
    name TEXT PRIMARY KEY,
    labels TEXT NOT NULL DEFAULT '{}'
  ) WITHOUT ROWID;

  CREATE TABLE images (
    namespace TEXT NOT NULL REFERENCES namespaces ON DELETE CASCADE,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    annotations TEXT NOT NULL,
    labels TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
  ) WITHOUT ROWID;

  CREATE TABLE containers (
    namespace TEXT NOT NULL REFERENCES namespaces ON DELETE CASCADE,
    id TEXT NOT NULL,
    snapshotter TEXT NOT NULL,
    snapshot_key TEXT NOT NULL,
    labels TEXT NOT NULL,
    record BLOB NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (namespace, id)
  );

  CREATE TABLE blobs (
    namespace TEXT NOT NULL REFERENCES namespaces ON DELETE CASCADE,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    labels TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (namespace, digest)
  ) WITHOUT ROWID;

  CREATE TABLE ingests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL REFERENCES namespaces ON DELETE CASCADE,
    ref TEXT NOT NULL,
    total INTEGER NOT NULL,
    expected TEXT NOT NULL,
    shared TEXT NOT NULL,
    started INTEGER NOT NULL,
    expires INTEGER,
    UNIQUE (namespace, ref)
  );

  CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL REFERENCES namespaces ON DELETE CASCADE,
    snapshotter TEXT NOT NULL,
    key TEXT NOT NULL,
    kind INTEGER NOT NULL,
    parent INTEGER REFERENCES snapshots (id),
    labels TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    size INTEGER,
    inodes INTEGER,
    UNIQUE (namespace, snapshotter, key)
  );
  CREATE INDEX snapshots_by_parent ON snapshots (parent);

  CREATE TABLE leases (
    namespace TEXT NOT NULL REFERENCES namespaces ON DELETE CASCADE,
    id TEXT NOT NULL,
    labels TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (namespace, id)
  ) WITHOUT ROWID;

  CREATE TABLE lease_resources (
    namespace TEXT NOT NULL,
    lease TEXT NOT NULL,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (namespace, lease, type, id),
    FOREIGN KEY (namespace, lease) REFERENCES leases ON DELETE CASCADE
  ) WITHOUT ROWID;
  `,
];
