/** A process that is added to a running container. */
import type { ProcessIo } from '../containers/stdio/process-io.ts';
import { Streams } from '../containers/stdio/streams.ts';

/** What is stored about an exec. */
export interface ExecRecord {
  readonly id: string;
  readonly containerId: string;
  readonly command: readonly string[];
  readonly user: string;
  readonly privileged: boolean;
  readonly terminal: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly env: readonly string[];
  readonly workingDirectory: string;
  readonly detachKeys: string;
  readonly status: 'created' | 'running' | 'ended';
  readonly pid: number;
  /** Null until it has ended. */
  readonly exitCode: number | null;
}

export class Exec {
  record: ExecRecord;
  readonly streams = new Streams();
  io: ProcessIo | undefined;
  /** Resolves when the process has ended and its exit code is known. */
  readonly ended: Promise<void>;
  readonly #end: () => void;
  readonly #save: (record: ExecRecord) => void;

  constructor(record: ExecRecord, save: (record: ExecRecord) => void) {
    this.record = record;
    this.#save = save;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  get id(): string {
    return this.record.id;
  }

  update(changes: Partial<ExecRecord>): void {
    this.record = { ...this.record, ...changes };
    this.#save(this.record);
    if (this.record.status === 'ended') this.#end();
  }
}
