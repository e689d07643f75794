/** What a failed start means to a person: the exit code that a shell would give, and the HTTP status. */

import { RpcError } from '@drydock/rpc/errors';
import { badParameter, EngineError, rpcMessage, systemError } from '../errors.ts';

export interface StartFailure {
  readonly error: Error;
  readonly exitCode: number;
}

const notFound = [
  'executable file not found',
  'no such file or directory',
  'system cannot find the file specified',
  'failed to run runc create/exec call',
];

/** Docker's reading of a runtime's message: 127 not found, 126 not executable, 128 anything else. */
export function startFailure(error: unknown, command: string): StartFailure {
  if (!(error instanceof RpcError))
    return { error: error instanceof Error ? error : systemError(String(error)), exitCode: 128 };
  const message = rpcMessage(error);
  const has = (text: string): boolean => message.toLowerCase().includes(text.toLowerCase());
  const cause = { cause: error };
  if (has('not a directory'))
    return {
      error: badParameter(
        `${message}: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`,
        cause,
      ),
      exitCode: 127,
    };
  if (has('permission denied')) return { error: badParameter(message, cause), exitCode: 126 };
  if (has(command) && notFound.some(has)) return { error: badParameter(message, cause), exitCode: 127 };
  return { error: new EngineError('system', message, cause), exitCode: 128 };
}
