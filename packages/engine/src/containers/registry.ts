/** All containers: in memory for lookups, in the database for the next start of the engine. */

import { conflict, type EngineError, noSuchContainer, systemError } from '../errors.ts';
import type { DocumentTable } from '../store/database.ts';
import { Container, containerPaths } from './container.ts';
import type { ContainerRecord } from './record.ts';

export class ContainerRegistry {
  readonly #table: DocumentTable<ContainerRecord>;
  readonly #roots: { readonly dataRoot: string; readonly execRoot: string };
  readonly #byId = new Map<string, Container>();
  /** Names in use, those of containers that are being created too. */
  readonly #names = new Map<string, string>();

  constructor(table: DocumentTable<ContainerRecord>, roots: { readonly dataRoot: string; readonly execRoot: string }) {
    this.#table = table;
    this.#roots = roots;
    for (const record of table.all()) this.#keep(this.#make(record));
  }

  /** All containers, oldest first. */
  list(): Container[] {
    return [...this.#byId.values()];
  }

  /** A container by its full id. */
  byId(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** A container by id, name (with or without a slash before it) or unique prefix of an id. */
  find(text: string): Container {
    const name = text.replace(/^\//, '');
    const exact = this.#byId.get(name) ?? this.#byId.get(this.#names.get(name) ?? '');
    if (exact !== undefined) return exact;
    const matches = name === '' ? [] : this.list().filter(({ id }) => id.startsWith(name));
    if (matches.length > 1) throw systemError(`Multiple IDs found with provided prefix: ${name}`);
    if (matches[0] === undefined) throw noSuchContainer(text);
    return matches[0];
  }

  /** Takes a name for an id. Throws a conflict if another has it. */
  reserveName(name: string, id: string): void {
    const owner = this.#names.get(name);
    if (owner !== undefined && owner !== id) throw nameInUse(name, owner);
    this.#names.set(name, id);
  }

  isNameTaken(name: string): boolean {
    return this.#names.has(name);
  }

  /** Gives a name up. */
  releaseName(name: string): void {
    this.#names.delete(name);
  }

  /** A container object that is not in the registry yet. */
  prepare(record: ContainerRecord): Container {
    return this.#make(record);
  }

  /** Adds a prepared container and stores it. */
  add(container: Container): void {
    const { record } = container;
    this.#table.put(record.id, record.name, record);
    this.#keep(container);
  }

  /** Forgets a container. */
  remove({ id, record }: Container): void {
    this.#table.delete(id);
    this.#byId.delete(id);
    if (this.#names.get(record.name) === id) this.#names.delete(record.name);
  }

  #keep(container: Container): void {
    this.#byId.set(container.id, container);
    this.#names.set(container.record.name, container.id);
  }

  #make(record: ContainerRecord): Container {
    return new Container(record, containerPaths(record.id, this.#roots), (changed) => {
      // A container that is being created or was removed is not stored.
      if (this.#byId.has(changed.id)) this.#table.put(changed.id, changed.name, changed);
    });
  }
}

function nameInUse(name: string, owner: string): EngineError {
  return conflict(
    `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}
