/** Volumes: directories of the engine's that outlive the containers which use them. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { timestamp } from '../clock.ts';
import { badParameter, noSuchVolume, notFound } from '../errors.ts';
import { newId } from '../ids.ts';

export interface Volume {
  readonly name: string;
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly options: Readonly<Record<string, string>> | null;
  /** Made for one container, without a name given by a person. */
  readonly anonymous: boolean;
  /** The directory that containers get. */
  readonly mountpoint: string;
}

export interface CreateVolume {
  readonly name?: string | undefined;
  readonly driver?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | null | undefined;
  readonly options?: Readonly<Record<string, string>> | null | undefined;
}

const nameForm = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

export class VolumeStore {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #volumes = new Map<string, Volume>();

  constructor(database: DatabaseSync, directory: string) {
    this.#database = database;
    this.#directory = directory;
    for (const { document } of database.prepare('SELECT document FROM volumes ORDER BY rowid').all()) {
      const volume = JSON.parse(String(document)) as Volume;
      this.#volumes.set(volume.name, volume);
    }
  }

  list(): Volume[] {
    return [...this.#volumes.values()];
  }

  get(name: string): Volume | undefined {
    return this.#volumes.get(name);
  }

  find(name: string): Volume {
    const volume = this.#volumes.get(name);
    if (volume === undefined) throw noSuchVolume(name);
    return volume;
  }

  /** Makes a volume, or answers the one that has the name. `created` tells which. */
  create({ name, driver, labels, options }: CreateVolume): { readonly volume: Volume; readonly created: boolean } {
    if (driver && driver !== 'local')
      throw notFound(`create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
    checkOptions(name ?? '', options ?? {});
    const existing = name ? this.#volumes.get(name) : undefined;
    if (existing !== undefined) return { volume: existing, created: false };
    if (name?.length === 1)
      throw badParameter(
        `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
      );
    if (name && !nameForm.test(name))
      throw badParameter(
        `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
      );
    const chosen = name || newId();
    const mountpoint = join(this.#directory, chosen, '_data');
    mkdirSync(mountpoint, { recursive: true, mode: 0o755 });
    const volume: Volume = {
      name: chosen,
      createdAt: timestamp().replace(/\.\d+Z$/, 'Z'),
      labels: labels ?? null,
      options: options && Object.keys(options).length > 0 ? options : null,
      anonymous: !name,
      mountpoint,
    };
    this.#database.prepare('INSERT INTO volumes (name, document) VALUES (?, ?)').run(chosen, JSON.stringify(volume));
    this.#volumes.set(chosen, volume);
    return { volume, created: true };
  }

  /** Deletes a volume and all that is in it. Its users are the caller's business. */
  remove(name: string): void {
    rmSync(join(this.#directory, name), { recursive: true, force: true });
    this.#database.prepare('DELETE FROM volumes WHERE name = ?').run(name);
    this.#volumes.delete(name);
  }
}

/** mount(8)'s words, as the local driver takes them. */
function checkOptions(name: string, options: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(options).find((key) => !['type', 'o', 'device', 'size'].includes(key));
  if (unknown !== undefined) throw badParameter(`create ${name}: invalid option: ${JSON.stringify(unknown)}`);
  if (options.type !== undefined && options.device === undefined)
    throw badParameter(`create ${name}: missing required option: "device"`);
}
