/**
 * Takes a multiplexed stream apart: frames of `[stream, 0, 0, 0, length u32 BE]` and payload, where stream is 1 for
 * stdout and 2 for stderr.
 */
import type { Readable } from 'node:stream';

const headerSize = 8;

/** Copies a multiplexed stream to two writers, no faster than they take it. */
export async function demultiplex(
  source: Readable,
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<void> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= headerSize) {
      const length = pending.readUInt32BE(4);
      if (pending.length < headerSize + length) break;
      await write(pending[0] === 2 ? stderr : stdout, pending.subarray(headerSize, headerSize + length));
      pending = pending.subarray(headerSize + length);
    }
  }
}

/** Writes, and waits if the writer is full. */
export async function write(target: NodeJS.WritableStream, data: Uint8Array): Promise<void> {
  if (!target.write(data)) await new Promise<void>((resolve) => target.once('drain', resolve));
}
