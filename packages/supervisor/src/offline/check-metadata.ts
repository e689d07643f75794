/** The database itself. */
import type { OfflineData } from './offline-data.ts';
import type { Problem } from './problem.ts';

export function* checkMetadata({ db, paths }: OfflineData): Generator<Problem> {
  const said = db.all<{ integrity_check: string }>('PRAGMA integrity_check(10)').map((row) => row.integrity_check);
  if (said.length !== 1 || said[0] !== 'ok')
    yield {
      state: 'broken',
      kind: 'metadata',
      name: paths.metadata,
      why: `SQLite says: ${said.join('; ')}; restore it from a copy`,
    };
  for (const { table, rowid, parent } of db.all<{ table: string; rowid: number | null; parent: string }>(
    'PRAGMA foreign_key_check',
  )) {
    // Snapshots without a parent have a check of their own.
    if (table === 'snapshots' && parent === 'snapshots') continue;
    yield {
      state: 'broken',
      kind: 'metadata',
      name: table,
      why: `a record${rowid === null ? '' : ` (${rowid})`} belongs to one of ${parent} that is not there`,
    };
  }
}
