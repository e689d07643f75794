/**
 * The supervisor's metadata: one SQLite database, written ahead (WAL), so that a kill at any moment loses nothing that
 * was committed. Everything is synchronous: a query takes microseconds, and no other request can come in between.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { migrations } from './migrations.ts';

/** What a statement may be given. */
export type Value = SQLInputValue;

export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  /** Opens or makes the database at `path` (`:memory:` for one that is not kept) and brings its schema up to date. */
  constructor(path: string) {
    // SQLite gives its other files the mode of the first.
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
    this.#connection = new DatabaseSync(path);
    this.#connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    this.#migrate();
  }

  /** Runs a statement that answers nothing; tells how many rows it changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** The first row, if there is one. */
  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  /** All rows. */
  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Runs `action` so that all of its changes are kept or, if it throws, none. Transactions nest into the outermost. */
  transaction<T>(action: () => T): T {
    if (this.#depth > 0) return action();
    this.#connection.exec('BEGIN IMMEDIATE');
    this.#depth += 1;
    try {
      const result = action();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #migrate(): void {
    const { user_version: version } = this.get<{ user_version: number }>('PRAGMA user_version')!;
    if (version > migrations.length)
      throw new Error(`metadata has schema ${version}, this program knows up to ${migrations.length}`);
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.transaction(() => {
        this.#connection.exec(migration);
        this.#connection.exec(`PRAGMA user_version = ${index + 1}`);
      });
    }
  }
}
