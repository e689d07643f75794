/**
 * Writes one ingest: bytes go to a file and through the digest at once, so that a commit needs no second reading. Data of
 * an ingest that was left unfinished is read once, to take the digest up where it stopped.
 */
import { closeSync, createReadStream, fchmodSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { Digester } from '@drydock/oci/digest';

const sync = promisify(fdatasync);

export class IngestWriter {
  readonly #path: string;
  #descriptor: number;
  #digester: Digester;

  private constructor(path: string, descriptor: number, digester: Digester) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#digester = digester;
  }

  /** Opens the file of an ingest, made if missing, to write behind what it holds. */
  static async open(path: string): Promise<IngestWriter> {
    const descriptor = openSync(path, 'a', 0o644);
    const digester = new Digester();
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) digester.update(chunk);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return new IngestWriter(path, descriptor, digester);
  }

  /** How many bytes are written. */
  get offset(): number {
    return this.#digester.size;
  }

  /** The digest of what is written. */
  digest(): string {
    return this.#digester.digest();
  }

  /** Appends data. Throws Node's error, such as ENOSPC with the file's path. */
  write(data: Uint8Array): void {
    for (let done = 0; done < data.length; ) {
      const length = this.#append(data.subarray(done));
      this.#digester.update(data.subarray(done, done + length));
      done += length;
    }
  }

  /** Forgets everything written. */
  truncate(): void {
    ftruncateSync(this.#descriptor, 0);
    this.#digester = new Digester();
  }

  /** Has the data on disk and read-only before it becomes a blob. */
  async finish(): Promise<void> {
    await sync(this.#descriptor);
    fchmodSync(this.#descriptor, 0o444);
    this.close();
  }

  close(): void {
    if (this.#descriptor === -1) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  #append(data: Uint8Array): number {
    try {
      return writeSync(this.#descriptor, data);
    } catch (error) {
      // Node names the path only in errors of calls that take one.
      throw Object.assign(error as Error, { path: this.#path });
    }
  }
}
