/**
 * Blobs as files under their digest, in the layout of OCI's image-layout and of containerd:
 *
 *   <root>/blobs/sha256/<hex>      complete, verified, read-only
 *   <root>/ingest/<id>/data        being written
 */

import { mkdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDigest } from '@drydock/oci/digest';

export class BlobFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    mkdirSync(join(root, 'blobs/sha256'), { recursive: true, mode: 0o755 });
    mkdirSync(join(root, 'ingest'), { recursive: true, mode: 0o755 });
  }

  /** Where the blob is, or would be. The digest must be well-formed. */
  path(digest: string): string {
    const { algorithm, encoded } = parseDigest(digest)!;
    return join(this.#root, 'blobs', algorithm, encoded);
  }

  /** The bytes of a blob, or undefined if it is not here. */
  size(digest: string): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  open(digest: string): Promise<FileHandle> {
    return open(this.path(digest), 'r');
  }

  /** Removes a blob at once, so that no writer can find it half gone. */
  remove(digest: string): void {
    rmSync(this.path(digest), { force: true });
  }

  /** The digests of all blobs here, whoever knows them. */
  async list(): Promise<string[]> {
    const found: string[] = [];
    for (const algorithm of await readdir(join(this.#root, 'blobs')))
      for (const encoded of await readdir(join(this.#root, 'blobs', algorithm))) found.push(`${algorithm}:${encoded}`);
    return found;
  }

  /** The file that an ingest is written to. */
  ingestPath(id: number): string {
    return join(this.#root, 'ingest', String(id), 'data');
  }

  makeIngest(id: number): void {
    mkdirSync(join(this.#root, 'ingest', String(id)), { recursive: true, mode: 0o755 });
  }

  /** How much of an ingest is written, and when it last was (microseconds since 1970). */
  ingestState(id: number): { readonly size: number; readonly modified: number } | undefined {
    const stat = statSync(this.ingestPath(id), { throwIfNoEntry: false });
    return stat === undefined ? undefined : { size: stat.size, modified: Math.round(stat.mtimeMs * 1000) };
  }

  removeIngest(id: number): void {
    rmSync(join(this.#root, 'ingest', String(id)), { recursive: true, force: true });
  }

  /** The ids of all ingests here. */
  async listIngests(): Promise<number[]> {
    const names = await readdir(join(this.#root, 'ingest'));
    return names.map(Number).filter(Number.isInteger);
  }

  /** Makes the blob of an ingest that is written, verified and on disk. */
  async promote(id: number, digest: string): Promise<void> {
    const target = this.path(digest);
    await mkdir(join(target, '..'), { recursive: true });
    await rename(this.ingestPath(id), target);
    this.removeIngest(id);
  }
}
