/** From a thrown error to an HTTP status and a message, in one place. */

import { InvalidReference } from '@drydock/oci/reference';
import { RpcError, type ErrorKind as RpcErrorKind } from '@drydock/rpc/errors';
import { RegistryError } from '@drydock/transfer/registry/error';
import { EngineError, type ErrorKind, rpcMessage } from '../errors.ts';

const statuses: Readonly<Record<ErrorKind, number>> = {
  'bad parameter': 400,
  unauthorized: 401,
  forbidden: 403,
  'not found': 404,
  conflict: 409,
  'not modified': 304,
  unavailable: 503,
  'not implemented': 501,
  system: 500,
};

const rpcStatuses: Readonly<Partial<Record<RpcErrorKind, number>>> = {
  'invalid argument': 400,
  'not found': 404,
  'already exists': 409,
  'failed precondition': 409,
  'not implemented': 501,
  unavailable: 503,
};

/** What a registry says of rights and of what it has is passed on; the rest is dockerd's own failure. */
const registryStatuses: Readonly<Partial<Record<RegistryError['kind'], number>>> = { 'not found': 404, forbidden: 403 };

/** The HTTP status of an error. */
export function statusOf(error: unknown): number {
  if (error instanceof EngineError) return statuses[error.kind];
  if (error instanceof RpcError) return rpcStatuses[error.kind] ?? 500;
  if (error instanceof InvalidReference) return 400;
  if (error instanceof RegistryError) return registryStatuses[error.kind] ?? 500;
  return 500;
}

/** The body of an error answer. */
export function errorBody(error: unknown): { readonly message: string } {
  return { message: rpcMessage(error) };
}
