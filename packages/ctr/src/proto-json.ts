/** Messages as Go's encoding/json prints generated structs: proto names, defaults left out. */
import type { Codec } from '@drydock/rpc/codec';
import { Timestamp } from '@drydock/rpc/generated/google';
import { formatTimestamp } from '@drydock/rpc/timestamp';

/** A message as a JSON value. */
export function protoJson(codec: Codec<unknown>, value: unknown): unknown {
  if (codec.typeName === Timestamp.typeName) return formatTimestamp(value as Timestamp);
  const result: Record<string, unknown> = {};
  for (const [, name, type, kind] of codec.fields) {
    const item = (value as Record<string, unknown>)[name];
    if (isUnset(item)) continue;
    const one = (entry: unknown): unknown =>
      typeof type === 'function'
        ? protoJson(type(), entry)
        : entry instanceof Uint8Array
          ? Buffer.from(entry).toString('base64')
          : entry;
    result[snakeCase(name)] = kind === 'repeated' ? (item as unknown[]).map(one) : kind === 'map' ? item : one(item);
  }
  return result;
}

function isUnset(item: unknown): boolean {
  if (item === undefined || item === '' || item === 0 || item === false) return true;
  return typeof item === 'object' && item !== null && 'length' in item ? item.length === 0 : isEmptyMap(item);
}

function isEmptyMap(item: unknown): boolean {
  return typeof item === 'object' && item !== null && Object.keys(item).length === 0;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
