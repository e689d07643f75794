/** What tests expect of an error that is not told by its message. */

/** A pattern for `t.throws` and `t.rejects`: `kind` of an RpcError, `code` and `path` of a system error. */
export function fault(pattern: { readonly kind?: string; readonly code?: string; readonly path?: string }): Error {
  return pattern as unknown as Error;
}
