/** containerd.services.streaming.v1.Streaming: a client names a stream, and calls of other services use it by its name. */
import { packAny, unpackAny } from '@drydock/rpc/any';
import { type Any, Empty } from '@drydock/rpc/generated/google';
import { StreamInit, Streaming } from '@drydock/rpc/generated/streaming';
import { Queue } from '@drydock/rpc/queue';
import { type Implementation, implement } from '@drydock/rpc/service';
import { streamOver } from '@drydock/transfer/stream/stream';
import { namespaceOf } from '../metadata/identifiers.ts';
import type { Streams } from '../streams/streams.ts';

export function streamingService(streams: Streams): Implementation {
  return implement(Streaming, {
    async *stream(requests, call) {
      const namespace = namespaceOf(call);
      const incoming = requests[Symbol.asyncIterator]();
      const first = await incoming.next();
      if (first.done) return;
      const { id } = unpackAny(StreamInit, first.value);
      const outgoing = new Queue<Any>();
      // A client that goes away while nothing is on its way to it would otherwise never be noticed.
      call.signal.addEventListener('abort', () => outgoing.close(), { once: true });
      streams.add(namespace, id, streamOver(incoming, outgoing));
      try {
        yield packAny(Empty, {});
        yield* outgoing;
      } finally {
        streams.remove(namespace, id);
      }
    },
  });
}
