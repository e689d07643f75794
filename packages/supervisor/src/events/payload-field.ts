/** Fields of an event's payload, for filters such as `event.container_id==x`. */
import type { Codec } from '@drydock/rpc/codec';
import * as payloads from '@drydock/rpc/generated/event_payloads';
import type { Any } from '@drydock/rpc/generated/google';
import { ImageCreate, ImageDelete, ImageUpdate } from '@drydock/rpc/generated/images';

const codecs = new Map<string, Codec<unknown>>();
for (const codec of [...Object.values(payloads), ImageCreate, ImageUpdate, ImageDelete])
  codecs.set(codec.typeName, codec as Codec<unknown>);

/** The value of a field, named as the protobuf definition names it; empty values count as absent. */
export function payloadField(event: Any, path: readonly string[]): string | undefined {
  const codec = codecs.get(event.typeUrl.slice(event.typeUrl.lastIndexOf('/') + 1));
  if (codec === undefined) return undefined;
  let value: unknown = codec.decode(event.value);
  for (const [index, part] of path.entries()) {
    if (typeof value !== 'object' || value === null) return undefined;
    const record = value as Record<string, unknown>;
    // Keys of a map may hold dots.
    const rest = path.slice(index).join('.');
    if (typeof record[rest] === 'string') return record[rest];
    value = record[part.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
  }
  return value === undefined || value === '' || typeof value === 'object' ? undefined : String(value);
}
