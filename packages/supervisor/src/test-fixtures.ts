/** What tests of this package share: temporary directories, a set of stores, tar archives and images made of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContentStore } from './content/content-store.ts';
import type { TarEntry } from './layers/tar-entry.ts';
import { encodeEntry, endOfArchive, padding } from './layers/tar-writer.ts';
import { ContainerStore } from './metadata/containers.ts';
import { Database } from './metadata/database.ts';
import { ImageStore } from './metadata/images.ts';
import { LeaseStore } from './metadata/leases.ts';
import { NamespaceStore } from './metadata/namespaces.ts';
import { OverlayBackend } from './snapshots/overlay-backend.ts';
import { SnapshotStore } from './snapshots/snapshot-store.ts';

/** Something that runs a function at the end of a test. */
interface Test {
  teardown(action: () => void | Promise<void>): void;
}

/** A new directory that the test's end removes. */
export function temporaryDirectory(test: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-test-'));
  test.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Stores on a database in memory and files in a temporary directory. */
export function openStores(test: Test) {
  const root = temporaryDirectory(test);
  const stores = openStoresIn(root, ':memory:');
  const backend = new OverlayBackend(join(root, 'overlay'));
  return { ...stores, snapshots: new SnapshotStore({ ...stores, name: 'overlayfs', backend }) };
}

/** Stores on a database and files in a directory, of before or new. */
export function openStoresIn(root: string, database: string) {
  const db = new Database(database);
  const namespaces = new NamespaceStore(db);
  const leases = new LeaseStore(db, namespaces);
  return {
    root,
    db,
    namespaces,
    leases,
    images: new ImageStore(db, namespaces),
    containers: new ContainerStore(db, namespaces),
    content: new ContentStore({ db, namespaces, leases, root: join(root, 'content') }),
  };
}

/** An entry with what a test does not care about filled in. `data` is its content. */
export type EntryInput = Partial<TarEntry> & Pick<TarEntry, 'path'> & { readonly data?: string | Uint8Array };

/** A tar archive. */
export function tar(...entries: readonly EntryInput[]): Buffer {
  const parts = entries.flatMap(({ data = '', ...entry }) => {
    const bytes = Buffer.from(data);
    const header = encodeEntry({
      type: 'file',
      mode: entry.type === 'directory' ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      size: bytes.length,
      modified: { seconds: 1_000_000_000, nanos: 0 },
      target: '',
      device: { major: 0, minor: 0 },
      xattrs: new Map(),
      ...entry,
    });
    return [header, bytes, padding(bytes.length)];
  });
  return Buffer.concat([...parts, endOfArchive]);
}
