/**
 * Bytes over a stream, no faster than the other end takes them.
 *
 *   receiver ── WindowUpdate 65536 ──▶ sender      so many bytes more may come
 *            ◀── Data, at most 32768 bytes ──      any number of times
 *            ── WindowUpdate 65536 ──▶             whenever less than that is left
 *            ◀── the end of the stream ──
 */
import { holds, packAny, unpackAny } from '@drydock/rpc/any';
import { Data, WindowUpdate } from '@drydock/rpc/generated/transfer_types';
import type { AnyStream } from './stream.ts';

/** Bytes in one message, at most. */
const pieceSize = 32 * 1024;
/** Bytes that may be on their way. */
const windowSize = 2 * pieceSize;

/** Sends everything, then closes the stream. A receiver that leaves ends it. */
export async function sendBytes(stream: AnyStream, source: AsyncIterable<Uint8Array>): Promise<void> {
  let window = 0;
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; ) {
        while (window <= 0) {
          const update = await stream.receive();
          if (update === undefined) throw new Error('the receiver left before the end');
          if (holds(update, WindowUpdate)) window += unpackAny(WindowUpdate, update).update;
        }
        const data = chunk.subarray(at, at + Math.min(pieceSize, window));
        stream.send(packAny(Data, { data }));
        window -= data.length;
        at += data.length;
      }
    }
  } finally {
    stream.close();
  }
}

/** The bytes that the other end sends. */
export async function* receiveBytes(stream: AnyStream): AsyncGenerator<Uint8Array> {
  let window = 0;
  try {
    for (;;) {
      if (window < windowSize) {
        stream.send(packAny(WindowUpdate, { update: windowSize }));
        window += windowSize;
      }
      const message = await stream.receive();
      if (message === undefined) return;
      if (!holds(message, Data)) continue;
      const { data } = unpackAny(Data, message);
      window -= data.length;
      yield data;
    }
  } finally {
    stream.close();
  }
}
