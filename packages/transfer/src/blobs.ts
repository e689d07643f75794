/** Blobs in a content store: read, labelled, and written so that an unfinished write is gone on with. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Descriptor } from '@drydock/oci/image-spec';
import { isIndex, isLayer, isManifest } from '@drydock/oci/media-types';
import { ignoreNotFound, isKind } from '@drydock/rpc/errors';
import { type Info, WriteAction } from '@drydock/rpc/generated/content';
import type { ImageServices } from './services.ts';

type Content = ImageServices['content'];

/** Bytes of a blob in one message. */
const pieceSize = 1024 * 1024;

/** The facts about a blob; undefined if it is not there. */
export async function statBlob(content: Content, digest: string): Promise<Info | undefined> {
  try {
    return (await content.info({ digest })).info;
  } catch (error) {
    if (isKind(error, 'not found')) return undefined;
    throw error;
  }
}

/** A blob's bytes from an offset on, as they arrive. */
export async function* streamBlob(content: Content, digest: string, offset = 0): AsyncGenerator<Uint8Array> {
  for await (const { data } of content.read({ digest, offset })) yield data;
}

/** A blob's bytes. */
export async function readBlob(content: Content, digest: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of streamBlob(content, digest)) parts.push(part);
  return Buffer.concat(parts);
}

/** A blob as JSON. Throws an error that names it. */
export async function readJson(content: Content, digest: string): Promise<unknown> {
  const bytes = await readBlob(content, digest);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new Error(`blob ${digest}: ${(error as Error).message}`, { cause: error });
  }
}

/** Adds labels to a blob. */
export async function labelBlob(
  content: Content,
  digest: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const paths = Object.keys(labels).map((key) => `labels.${key}`);
  if (paths.length > 0) await content.update({ info: { digest, labels }, updateMask: { paths } });
}

export interface BlobSource {
  /** The name of the write: an unfinished one of the same name is gone on with, two at once wait for each other. */
  readonly ref: string;
  /** What the bytes must be; any, if absent. */
  readonly expected?: Pick<Descriptor, 'digest' | 'size'>;
  /** The bytes from an offset on. */
  readonly read: (offset: number) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Hears how many bytes there are now. */
  readonly progress?: (offset: number) => void;
}

/** What is in the store under a digest. */
export interface StoredBlob {
  readonly digest: string;
  readonly size: number;
}

/** Writes a blob. One that is there already only gets the labels. */
export async function writeBlob(content: Content, source: BlobSource): Promise<StoredBlob> {
  for (;;) {
    try {
      return await write(content, source);
    } catch (error) {
      const there = existingDigest(error, source);
      if (there !== undefined) {
        await labelBlob(content, there, source.labels ?? {});
        return { digest: there, size: (await statBlob(content, there))?.size ?? 0 };
      }
      // Bytes that are not what they should be must not be gone on with.
      if (isKind(error, 'failed precondition')) await content.abort({ ref: source.ref }).catch(ignoreNotFound);
      if (!isKind(error, 'unavailable') || !/locked/.test(error.message)) throw error;
    }
    // Somebody writes the same; containerd has no call that waits for the end of it.
    await sleep(lockedDelay);
  }
}

/** Milliseconds between two looks at a write that somebody else is at. */
const lockedDelay = 100;

async function write(
  content: Content,
  { ref, expected, read, labels = {}, progress }: BlobSource,
): Promise<StoredBlob> {
  const start = Promise.withResolvers<number>();
  // Nobody waits for it if the conversation ends before it has begun.
  start.promise.catch(() => undefined);
  let size = 0;
  let digest = '';
  async function* requests() {
    yield { action: WriteAction.STAT, ref, total: expected?.size ?? 0, expected: expected?.digest ?? '' };
    let offset = expected === undefined ? 0 : await start.promise;
    for await (const chunk of read(offset)) {
      for (let at = 0; at < chunk.length; at += pieceSize) {
        const data = chunk.subarray(at, at + pieceSize);
        yield { action: WriteAction.WRITE, ref, offset, data };
        offset += data.length;
        progress?.(offset);
      }
    }
    size = offset;
    yield { action: WriteAction.COMMIT, ref, offset, total: offset, expected: expected?.digest ?? '', labels };
  }
  try {
    for await (const answer of content.write(requests())) {
      start.resolve(answer.offset);
      digest = answer.digest;
    }
  } finally {
    start.reject(new Error('the write has ended'));
  }
  return { digest, size };
}

/** A write of what is there already is refused; a commit without an expected digest is told the digest. */
function existingDigest(error: unknown, { expected }: BlobSource): string | undefined {
  if (!isKind(error, 'already exists')) return undefined;
  return expected?.digest ?? /sha256:[0-9a-f]{64}/.exec(error.message)?.[0];
}

/** What containerd's clients call the write of a blob: its kind and its digest. */
export function refOf({ mediaType, digest }: Descriptor): string {
  if (isManifest(mediaType)) return `manifest-${digest}`;
  if (isIndex(mediaType)) return `index-${digest}`;
  if (isLayer(mediaType)) return `layer-${digest}`;
  return /config|container\.image/.test(mediaType) ? `config-${digest}` : `unknown-${digest}`;
}
