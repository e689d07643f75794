/** The engine's state: one SQLite database, in write-ahead mode so that a killed engine finds all it committed. */
import { DatabaseSync } from 'node:sqlite';

const schema = `
  CREATE TABLE IF NOT EXISTS containers (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, document TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS execs (id TEXT PRIMARY KEY, container TEXT NOT NULL, document TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS volumes (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/** Opens the database, making it if it is missing. */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000');
  database.exec(schema);
  return database;
}

/** Documents under their ids in one table. */
export interface DocumentTable<T> {
  all(): T[];
  /** Writes a document; `key` is the second column. */
  put(id: string, key: string, document: T): void;
  delete(id: string): void;
}

/** The table of containers (second column: the name) or of execs (second column: the container). */
export function documentTable<T>(database: DatabaseSync, table: 'containers' | 'execs'): DocumentTable<T> {
  const column = table === 'containers' ? 'name' : 'container';
  const select = database.prepare(`SELECT document FROM ${table} ORDER BY rowid`);
  const insert = database.prepare(
    `INSERT INTO ${table} (id, ${column}, document) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET ${column} = excluded.${column}, document = excluded.document`,
  );
  const remove = database.prepare(`DELETE FROM ${table} WHERE id = ?`);
  return {
    all: () => select.all().map(({ document }) => JSON.parse(String(document)) as T),
    put: (id, key, document) => void insert.run(id, key, JSON.stringify(document)),
    delete: (id) => void remove.run(id),
  };
}

/** A fact that outlives restarts, such as the engine's own id; made when it is first asked for. */
export function fact(database: DatabaseSync, key: string, make: () => string): string {
  const row = database.prepare('SELECT value FROM facts WHERE key = ?').get(key);
  if (row !== undefined) return String(row.value);
  const value = make();
  database.prepare('INSERT INTO facts (key, value) VALUES (?, ?)').run(key, value);
  return value;
}
