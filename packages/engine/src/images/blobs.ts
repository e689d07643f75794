/** Writes blobs to containerd's content store, with their digest verified. */
import { randomBytes } from 'node:crypto';
import { isKind, RpcError } from '@drydock/rpc/errors';
import { WriteAction } from '@drydock/rpc/generated/content';
import { labelBlob, type StoredBlob, statBlob } from '@drydock/transfer/blobs';
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
