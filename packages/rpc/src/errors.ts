/** The errors that cross a seam: containerd's kinds, each with its gRPC code (pkg/errdefs; google.rpc.Code). */

/** Each kind of error and its gRPC status code. */
export const errorCodes = {
  cancelled: 1,
  unknown: 2,
  'invalid argument': 3,
  'deadline exceeded': 4,
  'not found': 5,
  'already exists': 6,
  'resource exhausted': 8,
  'failed precondition': 9,
  'out of range': 11,
  'not implemented': 12,
  internal: 13,
  unavailable: 14,
  'data loss': 15,
} as const;

export type ErrorKind = keyof typeof errorCodes;

const kinds = new Map<number, ErrorKind>(Object.entries(errorCodes).map(([kind, code]) => [code, kind as ErrorKind]));

/** An error with a kind. Its message travels as it is. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }

  /** The gRPC status code of the error's kind. */
  get code(): number {
    return errorCodes[this.kind];
  }
}

/** The kind that a gRPC status code stands for. */
export function kindOf(code: number): ErrorKind {
  return kinds.get(code) ?? 'unknown';
}

/** Any thrown value as an RpcError: what is not one already is of kind `unknown`. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RpcError('unknown', message, { cause: error });
}

/** Whether an error is an RpcError of a kind. */
export function isKind(error: unknown, kind: ErrorKind): error is RpcError {
  return error instanceof RpcError && error.kind === kind;
}

/** Swallows that something is not there, where that is as good as gone: for `.catch()`. */
export function ignoreNotFound(error: unknown): void {
  if (!isKind(error, 'not found')) throw error;
}

export const notFound = (message: string) => new RpcError('not found', message);
export const alreadyExists = (message: string) => new RpcError('already exists', message);
export const failedPrecondition = (message: string) => new RpcError('failed precondition', message);
export const invalidArgument = (message: string) => new RpcError('invalid argument', message);
export const unavailable = (message: string) => new RpcError('unavailable', message);
export const notImplemented = (message: string) => new RpcError('not implemented', message);
export const outOfRange = (message: string) => new RpcError('out of range', message);
export const dataLoss = (message: string) => new RpcError('data loss', message);
