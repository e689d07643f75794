/**
 * A write of one blob, from opening its ingest to the commit.
 *
 *   open ─▶ write* (truncate) ─▶ commit: size and digest verified, synced, renamed, known to the namespace
 *                     └─▶ close: the ingest stays, the next writer goes on where it ended
 *
 * An ingest that stands for another namespace's blob needs no data: it is committed as it is, or copied when written to.
 */
import { createReadStream } from 'node:fs';
import { failedPrecondition } from '@drydock/rpc/errors';
import { validateLabels } from '../metadata/labels.ts';
import { quote } from '../metadata/quote.ts';
import type { BlobFiles } from './blob-files.ts';
import type { Ingest } from './ingest-store.ts';
import { IngestWriter } from './ingest-writer.ts';

export interface ContentWriterParts {
  readonly ingest: Ingest;
  readonly files: BlobFiles;
  /** Digests that garbage collection must leave alone. */
  readonly pinned: Set<string>;
  /** Called when data comes to an ingest that stood for a shared blob: it stands for itself from now on. */
  readonly unshared: () => void;
  /** Called once, when the writer lets go of the ingest. */
  readonly closed: () => void;
  /** Called when the bytes are in place; throws `already exists` if the namespace has the blob. */
  readonly committed: (digest: string, size: number, labels: Readonly<Record<string, string>>) => void;
}

export interface Commit {
  /** The size that the blob must have; 0 for any. */
  readonly size: number;
  /** The digest that the blob must have; empty for any. */
  readonly expected: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export class ContentWriter {
  readonly ingest: Ingest;
  readonly #parts: ContentWriterParts;
  #writer: IngestWriter | undefined;
  #isOpen = true;

  constructor(parts: ContentWriterParts) {
    this.#parts = parts;
    this.ingest = parts.ingest;
  }

  /** Opens the file of the ingest. */
  async open(): Promise<void> {
    this.#parts.files.makeIngest(this.ingest.id);
    this.#writer = await IngestWriter.open(this.#parts.files.ingestPath(this.ingest.id));
  }

  get offset(): number {
    return this.#writer?.offset ?? this.ingest.total;
  }

  digest(): string {
    return this.#writer?.digest() ?? this.ingest.shared;
  }

  async write(data: Uint8Array): Promise<void> {
    if (data.length === 0) return;
    if (this.#writer === undefined) await this.#unshare(true);
    this.#writer!.write(data);
  }

  /** Forgets everything written. */
  async truncate(): Promise<void> {
    if (this.#writer === undefined) await this.#unshare(false);
    else this.#writer.truncate();
  }

  /** Verifies the blob and makes it one. Throws `failed precondition` if it is not what was expected. */
  async commit({ size, expected, labels = {} }: Commit): Promise<void> {
    validateLabels(labels, 'info.Labels');
    const { offset } = this;
    const digest = this.digest();
    const name = quote(this.ingest.ref);
    if (size !== 0 && size !== offset)
      throw failedPrecondition(`${name} failed size validation: ${offset} != ${size}: failed precondition`);
    if (expected !== '' && expected !== digest)
      throw failedPrecondition(
        this.#writer === undefined
          ? `${name} unexpected digest: failed precondition`
          : `unexpected commit digest ${digest}, expected ${expected}: failed precondition`,
      );
    // Between its rename and its record a blob belongs to nobody.
    const { pinned } = this.#parts;
    pinned.add(digest);
    try {
      await this.#place(digest);
      this.#parts.committed(digest, offset, labels);
    } finally {
      pinned.delete(digest);
    }
  }

  /** Lets go of the ingest. What was not committed stays for the next writer. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#writer?.close();
    this.#parts.closed();
  }

  async #place(digest: string): Promise<void> {
    const { files } = this.#parts;
    if (this.#writer === undefined) return;
    if (files.size(digest) === undefined) {
      await this.#writer.finish();
      await files.promote(this.ingest.id, digest);
    } else {
      this.#writer.close();
      files.removeIngest(this.ingest.id);
    }
  }

  /** Makes a file for an ingest that stood for a shared blob. */
  async #unshare(copy: boolean): Promise<void> {
    const { files } = this.#parts;
    await this.open();
    this.#parts.unshared();
    if (!copy) return;
    for await (const chunk of createReadStream(files.path(this.ingest.shared))) this.#writer!.write(chunk);
  }
}
