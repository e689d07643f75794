/** Blobs in containerd's content store: read whole or streamed, written with their digest verified. */
import { randomBytes } from 'node:crypto';
import { isKind, RpcError } from '@drydock/rpc/errors';
import { type Info, WriteAction } from '@drydock/rpc/generated/content';
import type { Containerd } from '../containerd/clients.ts';

type Content = Containerd['content'];

/** The largest piece of a blob in one message. */
const pieceSize = 1024 * 1024;

export interface WriteBlobOptions {
  readonly source: Uint8Array | AsyncIterable<Uint8Array>;
  /** The digest that the bytes must have; without it any will do. */
  readonly expected?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names the writer: two writers of one name exclude each other. */
  readonly ref?: string;
  /** Hears how many bytes were handed over so far. */
  readonly progress?: (written: number) => void;
}

/** What is in the store under a digest. */
export interface StoredBlob {
  readonly digest: string;
  readonly size: number;
}

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

/** Writes a blob; one that is there already is left as it is, but gets the labels. */
export async function writeBlob(content: Content, options: WriteBlobOptions): Promise<StoredBlob> {
  const { expected, labels = {} } = options;
  const ref = options.ref ?? `drydock-${randomBytes(12).toString('hex')}`;
  let written = 0;
  let digest = '';
  const count = (total: number): void => {
    written = total;
    options.progress?.(total);
  };
  try {
    for await (const answer of content.write(requests(ref, options, count)))
      if (answer.action === WriteAction.COMMIT) digest = answer.digest;
    return { digest: expected ?? digest, size: written };
  } catch (error) {
    if (expected !== undefined && isKind(error, 'already exists')) {
      await labelBlob(content, expected, labels);
      return { digest: expected, size: (await statBlob(content, expected))?.size ?? written };
    }
    const existing = existingDigest(error);
    if (existing !== undefined) return { digest: existing, size: written };
    await dropIngest(content, ref);
    throw error;
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

async function* requests(
  ref: string,
  { source, expected, labels = {} }: WriteBlobOptions,
  count: (total: number) => void,
) {
  yield { action: WriteAction.STAT, ref, expected, total: source instanceof Uint8Array ? source.length : 0 };
  let offset = 0;
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    for (let start = 0; start < chunk.length; start += pieceSize) {
      const data = chunk.subarray(start, start + pieceSize);
      yield { action: WriteAction.WRITE, ref, offset, data };
      offset += data.length;
      count(offset);
    }
  }
  yield { action: WriteAction.COMMIT, ref, offset, total: offset, expected, labels };
}

/** A commit without an expected digest may find the blob there: the error names it. */
function existingDigest(error: unknown): string | undefined {
  if (!isKind(error, 'already exists')) return undefined;
  return /sha256:[0-9a-f]{64}/.exec(error.message)?.[0];
}

/** Forgets an unfinished write. It may never have begun, or its stream may still be closing: then it ends by itself. */
async function dropIngest(content: Content, ref: string): Promise<void> {
  try {
    await content.abort({ ref });
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
  }
}
