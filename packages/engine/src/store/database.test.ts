import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { documentTable, fact, openDatabase } from './database.ts';

t.test('documents survive', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-db-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'engine.db');
  const first = openDatabase(path);
  const table = documentTable<{ n: number }>(first, 'containers');
  table.put('a', 'one', { n: 1 });
  table.put('b', 'two', { n: 2 });
  table.put('a', 'three', { n: 3 });
  t.throws(() => table.put('c', 'two', { n: 4 }), /UNIQUE/);
  t.equal(
    fact(first, 'id', () => 'x'),
    'x',
  );
  // Not closed: as after SIGKILL.
  const second = openDatabase(path);
  t.same(documentTable(second, 'containers').all(), [{ n: 3 }, { n: 2 }]);
  t.equal(
    fact(second, 'id', () => 'y'),
    'x',
  );
  documentTable(second, 'containers').delete('b');
  t.equal(table.all().length, 1);
  first.close();
  second.close();
});
