/**
 * A stream of messages beside a call (containerd.services.streaming.v1): both ends send and receive Anys.
 *
 *   client ── StreamInit id ──▶ server      the stream has a name from here on
 *          ◀── an empty message ──
 *          ◀── whatever a call wants ──▶
 */
import { packAny } from '@drydock/rpc/any';
import { RpcError } from '@drydock/rpc/errors';
import type { Any } from '@drydock/rpc/generated/google';
import { StreamInit, type Streaming } from '@drydock/rpc/generated/streaming';
import { Queue } from '@drydock/rpc/queue';
import type { Client } from '@drydock/rpc/service';

/** One end of a stream. */
export interface AnyStream {
  send(message: Any): void;
  /** The next message; undefined when the other end is done. */
  receive(): Promise<Any | undefined>;
  /** Ends it from this end. */
  close(): void;
}

/** An end over a pair of directions; what is sent goes into the queue. */
export function streamOver(incoming: AsyncIterator<Any>, outgoing: Queue<Any>): AnyStream {
  return {
    send: (message) => outgoing.push(message),
    receive: async () => {
      const next = await incoming.next();
      return next.done ? undefined : next.value;
    },
    close: () => outgoing.close(),
  };
}

/** Opens a stream at a server. It has its name when this resolves. */
export async function openStream(streaming: Client<typeof Streaming>, id: string): Promise<AnyStream> {
  const outgoing = new Queue<Any>();
  const incoming = streaming.stream(outgoing)[Symbol.asyncIterator]();
  outgoing.push(packAny(StreamInit, { id }));
  const answer = await incoming.next();
  if (answer.done) throw new RpcError('unavailable', `stream ${id}: the server ended it at once: unavailable`);
  return streamOver(incoming, outgoing);
}
