/**
 * Content.Write: a conversation that writes one blob.
 *
 *   client ── STAT ref, total, expected ──▶ server: the ingest, made or taken up again
 *          ◀── started, updated, offset, digest so far ──
 *          ── WRITE offset, data ──▶ ◀── new offset, digest so far ──       any number of times
 *          ── COMMIT [data], total, expected, labels ──▶ ◀── offset, digest ──   and the end
 *
 * A conversation that ends without COMMIT leaves the ingest, for the next one to go on.
 */
import { alreadyExists, invalidArgument, outOfRange } from '@drydock/rpc/errors';
import { type Status, WriteAction, type WriteRequest, type WriteResponse } from '@drydock/rpc/generated/content';
import type { CallContext } from '@drydock/rpc/service';
import type { ContentStore } from '../content/content-store.ts';
import type { ContentWriter } from '../content/content-writer.ts';

/** Answers each request of a write. */
export async function* writeContent(
  content: ContentStore,
  namespace: string,
  requests: AsyncIterable<WriteRequest>,
  { lease }: CallContext,
): AsyncGenerator<Partial<WriteResponse>> {
  let writer: ContentWriter | undefined;
  let total = 0;
  let expected = '';
  try {
    for await (const request of requests) {
      if (writer === undefined) {
        if (request.ref === '') throw invalidArgument('first message must have a reference');
        writer = await content.writer({ ...request, namespace, lease });
      }
      const { ref } = writer.ingest;
      if (request.total > 0) total = request.total;
      if (request.expected !== '') {
        expected = request.expected;
        if (content.has(namespace, expected)) {
          writer.close();
          content.abort(namespace, ref, lease);
          throw alreadyExists(`blob with expected digest ${expected} exists`);
        }
      }
      if (request.action === WriteAction.STAT) {
        yield stat(content.ingests.status(writer.ingest), writer, request, total);
        continue;
      }
      await write(writer, request);
      if (request.action === WriteAction.COMMIT) {
        const response = { action: request.action, offset: writer.offset, digest: writer.digest() };
        await writer.commit({ size: total, expected, labels: request.labels });
        yield response;
        return;
      }
      yield { action: request.action, offset: writer.offset, digest: writer.digest() };
    }
  } finally {
    writer?.close();
  }
}

function stat(
  { startedAt, updatedAt }: Status,
  writer: ContentWriter,
  { action }: WriteRequest,
  total: number,
): Partial<WriteResponse> {
  return {
    action,
    offset: writer.offset,
    total,
    digest: writer.digest(),
    startedAt,
    updatedAt,
  };
}

/** Writes the data of a request. An offset must be where the data ends; 0 begins anew. */
async function write(writer: ContentWriter, { offset, data }: WriteRequest): Promise<void> {
  if (offset > 0 && offset !== writer.offset)
    throw outOfRange(`write @${offset} must occur at current offset ${writer.offset}`);
  if (offset === 0 && writer.offset > 0) await writer.truncate();
  await writer.write(data);
}
