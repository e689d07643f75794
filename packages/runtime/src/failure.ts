/** What goes wrong, in the words that runc's callers look for: podman and dockerd tell 126 from 127 by substrings. */
import { errnoText } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';

/** An error with the message that the user shall read, and the exit code it ends the program with. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** There is no such container. */
export class NoSuchContainer extends Failure {
  constructor() {
    super('container does not exist');
  }
}

/** An error's text as Go prints it: `open /x: no such file or directory`. */
export function explain(error: unknown): string {
  if (error instanceof SyscallError) return `${error.op}: ${errnoText(error.errno)}`;
  return error instanceof Error ? error.message : String(error);
}

/** Runs an action; an error gets the prefix, such as `runc create failed`. */
export function failingAs<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Failure(`${prefix}: ${explain(error)}`, { cause: error });
  }
}

/** {@link failingAs} for what takes time. */
export async function failingAsync<T>(prefix: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new Failure(`${prefix}: ${explain(error)}`, { cause: error });
  }
}
