/** The program's version, and how a command ends with a status of its own. */

export const version = '0.1.0';

/** Docker's exit code when it is docker, not the container, that failed. */
export const engineFailure = 125;

/** Thrown to end with an exit code; what was to be said has been said. */
export class ExitStatus extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit status ${code}`);
    this.code = code;
  }
}
