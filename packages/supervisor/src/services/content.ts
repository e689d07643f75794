/** containerd.services.content.v1.Content, but for Write, which is a conversation of its own. */
import { closeSync, openSync, readSync } from 'node:fs';
import { isDigest } from '@drydock/oci/digest';
import { invalidArgument, outOfRange } from '@drydock/rpc/errors';
import { Content, type Info, type ReadRequest } from '@drydock/rpc/generated/content';
import { ContentDelete } from '@drydock/rpc/generated/event_payloads';
import { type Implementation, implement } from '@drydock/rpc/service';
import { zeroTime } from '@drydock/rpc/timestamp';
import type { ContentStore } from '../content/content-store.ts';
import type { Exchange } from '../events/exchange.ts';
import type { Collector } from '../gc/collector.ts';
import { namespaceOf } from '../metadata/identifiers.ts';
import { quote } from '../metadata/quote.ts';
import { writeContent } from './content-write.ts';

/** Bytes in one message of a read. */
const chunkSize = 1 << 20;
/** Infos in one message of a list. */
const blockSize = 100;

export interface ContentParts {
  readonly content: ContentStore;
  readonly exchange: Exchange;
  readonly collector: Collector;
}

export function contentService({ content, exchange, collector }: ContentParts): Implementation {
  return implement(Content, {
    info: ({ digest }, call) => ({ info: content.info(namespaceOf(call), valid(digest)) }),
    update: ({ info, updateMask }, call) => {
      valid(info?.digest ?? '');
      return { info: content.update(namespaceOf(call), info as Info, updateMask?.paths ?? []) };
    },
    // containerd's list has no times of update.
    async *list({ filters }, call) {
      const infos = content.list(namespaceOf(call), filters).map((info) => ({ ...info, updatedAt: zeroTime }));
      for (let at = 0; at < infos.length; at += blockSize) yield { info: infos.slice(at, at + blockSize) };
    },
    delete: ({ digest }, call) => {
      if (!isDigest(digest)) throw invalidArgument('invalid checksum digest format');
      const namespace = namespaceOf(call);
      content.delete(namespace, digest, call.lease);
      exchange.publish(namespace, '/content/delete', ContentDelete, { digest });
      collector.schedule();
      return {};
    },
    async *read(request, call) {
      if (!isDigest(request.digest)) throw invalidArgument(`${request.digest}: invalid checksum digest format`);
      const namespace = namespaceOf(call);
      const { size } = content.info(namespace, request.digest);
      yield* readFile(content.path(namespace, request.digest), size, request);
    },
    status: ({ ref }, call) => ({ status: content.status(namespaceOf(call), ref) }),
    listStatuses: ({ filters }, call) => ({ statuses: content.ingests.list(namespaceOf(call), filters) }),
    write: (requests, call) => writeContent(content, namespaceOf(call), requests, call),
    abort: ({ ref }, call) => {
      content.abort(namespaceOf(call), ref, call.lease);
      return {};
    },
  });
}

function valid(digest: string): string {
  if (!isDigest(digest)) throw invalidArgument(`${quote(digest)} failed validation`);
  return digest;
}

/** Part of a file, in pieces. The offset in an answer counts from where the request begins, as containerd has it. */
async function* readFile(
  path: string,
  total: number,
  request: ReadRequest,
): AsyncGenerator<{ offset: number; data: Uint8Array }> {
  const start = Math.max(0, request.offset);
  if (start > total) throw outOfRange(`read past object length ${total} bytes`);
  const end = request.size <= 0 || start + request.size > total ? total : start + request.size;
  // A piece comes from the page cache sooner than a thread of the pool could be woken for it.
  const file = openSync(path, 'r');
  try {
    for (let at = start; at < end; ) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkSize, end - at));
      const length = readSync(file, buffer, 0, buffer.length, at);
      if (length === 0) throw new Error(`read ${path}: unexpected end at byte ${at}`);
      yield { offset: at - start, data: buffer.subarray(0, length) };
      at += length;
    }
  } finally {
    closeSync(file);
  }
}
