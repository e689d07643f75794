/** What is wrong with the data of a supervisor, found while none runs. */

export interface Problem {
  /** `orphan`: it is there, and nothing knows of it. `broken`: it is known, and not there or not as it should be. */
  readonly state: 'orphan' | 'broken';
  readonly kind:
    | 'metadata'
    | 'blob'
    | 'ingest'
    | 'snapshot'
    | 'image'
    | 'container'
    | 'bundle'
    | 'shim'
    | 'socket'
    | 'mount'
    | 'cgroup'
    | 'runtime state';
  readonly name: string;
  readonly why: string;
  /** How it is mended; without it, what a person can do is in `why`. */
  readonly repair?: Repair;
}

export interface Repair {
  /** What is done, as it is printed: `remove the file`. */
  readonly action: string;
  run(): void | Promise<void>;
}

/** A problem on one line. */
export function problemLine({ state, kind, name, why }: Problem): string {
  return `${state} ${kind} ${name}: ${why}`;
}
