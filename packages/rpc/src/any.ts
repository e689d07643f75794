/** google.protobuf.Any as containerd uses it: the type url of a protobuf message is its bare full name. */
import type { Codec, Input } from './codec.ts';
import { RpcError } from './errors.ts';
import type { Any } from './generated/google.ts';

/** Type urls of the runtime-spec's JSON documents. */
export const jsonTypes = {
  spec: 'types.containerd.io/opencontainers/runtime-spec/1/Spec',
  process: 'types.containerd.io/opencontainers/runtime-spec/1/Process',
  resources: 'types.containerd.io/opencontainers/runtime-spec/1/LinuxResources',
} as const;

/** A message in an Any. */
export function packAny<T>(codec: Codec<T>, value: Input<T>): Any {
  return { typeUrl: codec.typeName, value: codec.encode(value) };
}

/** The message in an Any. Throws `invalid argument` if it holds another type. */
export function unpackAny<T>(codec: Codec<T>, any: Any): T {
  if (!holds(any, codec))
    throw new RpcError('invalid argument', `expected ${codec.typeName}, got ${any.typeUrl}: invalid argument`);
  return codec.decode(any.value);
}

/** Whether an Any holds a message of this type; a prefix such as `type.googleapis.com/` does not matter. */
export function holds(any: Any, codec: Codec<unknown>): boolean {
  return any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1) === codec.typeName;
}

/** A JSON document in an Any. */
export function jsonAny(typeUrl: string, value: unknown): Any {
  return { typeUrl, value: Buffer.from(JSON.stringify(value)) };
}
