/** The rule for names of namespaces, containers and exec processes, and the namespace of a call. */
import { failedPrecondition, invalidArgument } from '@drydock/rpc/errors';
import type { CallContext } from '@drydock/rpc/service';
import { quote } from './quote.ts';

const form = '^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$';
const pattern = new RegExp(form);
const maxLength = 76;

/** Throws `invalid argument` with containerd's words if `id` is no identifier; `what`, if given, names the field. */
export function validateIdentifier(id: string, what?: string): void {
  const prefix = what === undefined ? '' : `${what}: `;
  if (id === '') throw invalidArgument(`${prefix}identifier must not be empty: invalid argument`);
  if (id.length > maxLength)
    throw invalidArgument(
      `${prefix}identifier ${quote(id)} greater than maximum length (${maxLength} characters): invalid argument`,
    );
  if (!pattern.test(id)) throw invalidArgument(`${prefix}identifier ${quote(id)} must match ${form}: invalid argument`);
}

/** The namespace that a call is made in. */
export function namespaceOf(call: CallContext): string {
  const { namespace } = call;
  if (namespace === undefined || namespace === '')
    throw failedPrecondition('namespace is required: failed precondition');
  validateIdentifier(namespace, 'namespace validation');
  return namespace;
}
