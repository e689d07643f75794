/** All execs: in memory for lookups, in the database for the next start of the engine. */
import { noSuchExec } from '../errors.ts';
import type { DocumentTable } from '../store/database.ts';
import { Exec, type ExecRecord } from './exec.ts';

/** How long an ended exec can still be asked about. */
const remembered = 5 * 60_000;

export class ExecRegistry {
  readonly #table: DocumentTable<ExecRecord>;
  readonly #byId = new Map<string, Exec>();

  constructor(table: DocumentTable<ExecRecord>) {
    this.#table = table;
    for (const record of table.all()) this.#byId.set(record.id, this.#make(record));
  }

  add(record: ExecRecord): Exec {
    const exec = this.#make(record);
    this.#byId.set(record.id, exec);
    this.#table.put(record.id, record.containerId, record);
    return exec;
  }

  byId(id: string): Exec | undefined {
    return this.#byId.get(id);
  }

  find(id: string): Exec {
    const exec = this.#byId.get(id);
    if (exec === undefined) throw noSuchExec(id);
    return exec;
  }

  /** The execs of a container. */
  of(containerId: string): Exec[] {
    return [...this.#byId.values()].filter(({ record }) => record.containerId === containerId);
  }

  list(): Exec[] {
    return [...this.#byId.values()];
  }

  /** Forgets an ended exec after a while. */
  forgetLater(id: string): void {
    setTimeout(() => this.#remove(id), remembered).unref();
  }

  /** Forgets the execs of a container. */
  forget(containerId: string): void {
    for (const { id } of this.of(containerId)) this.#remove(id);
  }

  #remove(id: string): void {
    this.#byId.delete(id);
    this.#table.delete(id);
  }

  #make(record: ExecRecord): Exec {
    return new Exec(record, (changed) => {
      if (this.#byId.has(changed.id)) this.#table.put(changed.id, changed.containerId, changed);
    });
  }
}
