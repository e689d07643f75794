/** The engine's errors: each has a kind, which decides the HTTP status, and Docker's own words. */
import { RpcError } from '@drydock/rpc/errors';

/** errdefs' kinds, as far as the engine tells them apart. */
export type ErrorKind =
  | 'bad parameter'
  | 'unauthorized'
  | 'forbidden'
  | 'not found'
  | 'conflict'
  | 'not modified'
  | 'unavailable'
  | 'not implemented'
  | 'system';

/** An error that a client gets to see. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const of = (kind: ErrorKind) => (message: string, options?: ErrorOptions) => new EngineError(kind, message, options);

export const badParameter = of('bad parameter');
export const unauthorized = of('unauthorized');
export const forbidden = of('forbidden');
export const notFound = of('not found');
export const conflict = of('conflict');
export const unavailable = of('unavailable');
export const notImplemented = of('not implemented');
export const systemError = of('system');

/** Nothing had to be done: answered with 304 and no body. */
export const notModified = new EngineError('not modified', '');

export const noSuchContainer = (name: string) => notFound(`No such container: ${name}`);
export const noSuchExec = (id: string) => notFound(`No such exec instance: ${id}`);
export const noSuchImage = (reference: string) => notFound(`No such image: ${reference}`);
export const noSuchVolume = (name: string) => notFound(`get ${name}: no such volume`);
export const noSuchNetwork = (name: string) => notFound(`network ${name} not found`);
export const notRunning = (id: string) => conflict(`Container ${id} is not running`);

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether the error code of a failed file operation is this one, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The message of a failed call to containerd as Docker shows it: code 2 says `unknown`, as Go's client does. */
export function rpcMessage(error: unknown): string {
  if (error instanceof RpcError && error.kind === 'unknown' && !error.message.endsWith(': unknown'))
    return `${error.message}: unknown`;
  return messageOf(error);
}
