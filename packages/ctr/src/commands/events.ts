/** `events`: what happens, as it happens, in all namespaces. */
import type { Codec } from '@drydock/rpc/codec';
import * as payloads from '@drydock/rpc/generated/event_payloads';
import type { Any } from '@drydock/rpc/generated/google';
import { ImageCreate, ImageDelete, ImageUpdate } from '@drydock/rpc/generated/images';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import type { Argv } from 'yargs';
import { command } from '../command.ts';
import { goTime } from '../output.ts';
import { protoJson } from '../proto-json.ts';

const codecs = new Map<string, Codec<unknown>>(
  [...Object.values(payloads), ImageCreate, ImageUpdate, ImageDelete].map((codec) => [
    codec.typeName,
    codec as Codec<unknown>,
  ]),
);

export const eventsCommand = command(
  ['events [filters..]', 'event'],
  'display events',
  (argv: Argv) => argv.positional('filters', { type: 'string', array: true, default: [] as string[] }),
  async (supervisor, { filters }) => {
    for await (const { timestamp, namespace, topic, event } of supervisor.events.subscribe({ filters }))
      console.log(goTime(formatTimestamp(timestamp ?? zeroTime)), namespace, topic, payloadText(event));
  },
);

function payloadText(event: Any | undefined): string {
  const codec = codecs.get(event?.typeUrl.slice(event.typeUrl.lastIndexOf('/') + 1) ?? '');
  return event === undefined || codec === undefined
    ? '{}'
    : JSON.stringify(protoJson(codec, codec.decode(event.value)));
}
