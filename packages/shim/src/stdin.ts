/** What a supervisor tells a shim on its stdin: the task's options, or from containerd 2.3 on the parameters of its start. */
import { readFileSync } from 'node:fs';
import { holds } from '@drydock/rpc/any';
import { BootstrapParams } from '@drydock/rpc/generated/bootstrap';
import { Any } from '@drydock/rpc/generated/google';
import { Options } from '@drydock/rpc/generated/runc_options';

/** The options; undefined if there are none. Throws if they are no protobuf. */
export function readAny(): Any | undefined {
  const bytes = readFileSync(0);
  return bytes.length === 0 ? undefined : decode('options', () => Any.decode(bytes));
}

/** What a start is given. */
export interface StartInput {
  /** Undefined from a supervisor that only sends options. */
  readonly parameters: BootstrapParams | undefined;
  readonly options: Any | undefined;
}

/**
 * Tells the two messages apart: both begin with two strings, but an Any has no more fields, while a supervisor that sends
 * parameters names at least its version and its addresses.
 */
export function readStartInput(): StartInput {
  const bytes = readFileSync(0);
  if (bytes.length === 0) return { parameters: undefined, options: undefined };
  const parameters = decode('parameters', () => BootstrapParams.decode(bytes));
  const { containerdVersion, containerdGrpcAddress, containerdTtrpcAddress, containerdBinary, extensions } = parameters;
  const isBootstrap =
    extensions.length > 0 ||
    [containerdVersion, containerdGrpcAddress, containerdTtrpcAddress, containerdBinary].some((text) => text !== '');
  if (!isBootstrap) return { parameters: undefined, options: decode('options', () => Any.decode(bytes)) };
  const options = extensions.map(({ value }) => value).find((value) => value !== undefined && holds(value, Options));
  return { parameters, options };
}

function decode<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`failed to read ${what} from stdin: ${(error as Error).message}`);
  }
}
