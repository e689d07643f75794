/** The program's version, and how a command ends with a status of its own. */

export const version = '0.1.0';

/** Thrown to end with an exit code and no message: the container's own status, most of the time. */
export class ExitStatus extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit status ${code}`);
    this.code = code;
  }
}
