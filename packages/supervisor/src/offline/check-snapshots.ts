/** Snapshots: records without files or parents, files without records, and containers whose snapshot is gone. */
import type { OfflineData } from './offline-data.ts';
import type { Problem } from './problem.ts';

interface Row {
  readonly id: number;
  readonly namespace: string;
  readonly snapshotter: string;
  readonly key: string;
  readonly parent: number | null;
}

export async function* checkSnapshots(data: OfflineData): AsyncGenerator<Problem> {
  const rows = data.db.all<Row>('SELECT id, namespace, snapshotter, key, parent FROM snapshots ORDER BY id');
  const ids = new Set(rows.map(({ id }) => id));
  for (const row of rows)
    if (row.parent !== null && !ids.has(row.parent)) yield broken(data, row, `its parent (${row.parent}) is missing`);
  for (const { name, backend, problem } of data.snapshotters) {
    const own = rows.filter(({ snapshotter }) => snapshotter === name);
    if (backend === undefined) {
      if (own.length > 0)
        yield {
          state: 'broken',
          kind: 'snapshot',
          name: `${own.length} of ${name}`,
          why: `the snapshotter cannot be used: ${problem}`,
        };
      continue;
    }
    const places = new Set(await backend.list());
    for (const row of own) if (!places.has(row.id)) yield broken(data, row, `its files (${row.id}) are missing`);
    const known = new Set(own.map(({ id }) => id));
    for (const id of places)
      if (!known.has(id))
        yield {
          state: 'orphan',
          kind: 'snapshot',
          name: `${name}/${id}`,
          why: 'no namespace has a record of it',
          repair: { action: 'remove its files', run: () => backend.remove(id) },
        };
  }
  yield* checkContainers(data);
}

function* checkContainers({ db }: OfflineData): Generator<Problem> {
  const rows = db.all<{ namespace: string; id: string; snapshotter: string; snapshot_key: string }>(
    `SELECT c.namespace, c.id, c.snapshotter, c.snapshot_key FROM containers c
     LEFT JOIN snapshots s ON s.namespace = c.namespace AND s.snapshotter = c.snapshotter AND s.key = c.snapshot_key
     WHERE c.snapshot_key != '' AND s.id IS NULL`,
  );
  for (const { namespace, id, snapshotter, snapshot_key: key } of rows)
    yield {
      state: 'broken',
      kind: 'container',
      name: `${namespace}/${id}`,
      why: `its snapshot ${key} on ${snapshotter} is missing: it cannot start; remove the container, or make the snapshot`,
    };
}

/** A snapshot that cannot be mounted, nor what is built on it. */
function broken({ db }: OfflineData, { id, namespace, snapshotter, key }: Row, why: string): Problem {
  return {
    state: 'broken',
    kind: 'snapshot',
    name: `${namespace}/${snapshotter}/${key}`,
    why,
    repair: {
      action: 'forget it and all that is built on it',
      run() {
        const family = db.all<{ id: number }>(
          `WITH RECURSIVE family (id) AS (
             SELECT ? UNION SELECT s.id FROM snapshots s JOIN family f ON s.parent = f.id
           ) SELECT id FROM family ORDER BY id DESC`,
          id,
        );
        db.transaction(() => {
          for (const member of family) db.run('DELETE FROM snapshots WHERE id = ?', member.id);
        });
      },
    },
  };
}
