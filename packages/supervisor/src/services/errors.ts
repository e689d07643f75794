/** System errors on their way out: in the words that Go programs and their users know, with operation and path. */
import { Errno, errnoText } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';
import { RpcError } from '@drydock/rpc/errors';
import type { Implementation } from '@drydock/rpc/service';

/** SQLITE_FULL: the disk is, or the database is as large as it may be. https://sqlite.org/rescode.html */
const sqliteFull = 13;

/** A service whose errors of Node and of the kernel read `<operation> <path>: no space left on device`. */
export function withSystemErrors(implementation: Implementation): Implementation {
  return translateErrors(implementation, inGoWords);
}

/** A service whose errors are changed on their way out. */
export function translateErrors(
  { service, handlers }: Implementation,
  translate: (error: unknown) => unknown,
): Implementation {
  const wrapped: Record<string, Implementation['handlers'][string]> = {};
  for (const [name, handler] of Object.entries(handlers)) {
    wrapped[name] = service.methods[name]?.responseStream
      ? (...args) => translateStream(handler(...args), translate)
      : (...args) => translateAnswer(() => handler(...args), translate);
  }
  return { service, handlers: wrapped };
}

/** An answer that is there at once stays one. */
function translateAnswer(handler: () => unknown, translate: (error: unknown) => unknown): unknown {
  const fail = (error: unknown): never => {
    throw translate(error);
  };
  try {
    const answer = handler();
    return answer instanceof Promise ? answer.catch(fail) : answer;
  } catch (error) {
    return fail(error);
  }
}

/** Passes responses on as they are: a generator in between would cost several turns of the event loop's microtasks each. */
function translateStream(
  responses: AsyncIterable<unknown>,
  translate: (error: unknown) => unknown,
): AsyncIterable<unknown> {
  const fail = (error: unknown): never => {
    throw translate(error);
  };
  return {
    [Symbol.asyncIterator]() {
      const iterator = responses[Symbol.asyncIterator]();
      return {
        next: () => iterator.next().catch(fail),
        return: async (value) => (await iterator.return?.(value)) ?? { done: true, value },
      };
    },
  };
}

function inGoWords(error: unknown): unknown {
  if (error instanceof SyscallError)
    return new RpcError('unknown', `${error.op}: ${errnoText(error.errno)}`, { cause: error });
  if (!(error instanceof Error) || error instanceof RpcError) return error;
  const { errno, syscall, path } = error as NodeJS.ErrnoException;
  if ('errcode' in error && error.errcode === sqliteFull)
    return new RpcError('unknown', `write metadata: ${errnoText(Errno.ENOSPC)}`, { cause: error });
  if (errno === undefined || syscall === undefined) return error;
  const subject = path === undefined ? syscall : `${syscall} ${path}`;
  return new RpcError('unknown', `${subject}: ${errnoText(-errno)}`, { cause: error });
}
