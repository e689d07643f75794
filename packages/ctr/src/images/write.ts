/** Writes blobs to the content store. */
import { isKind } from '@drydock/rpc/errors';
import { WriteAction } from '@drydock/rpc/generated/content';
import type { Supervisor } from '../context.ts';

/** A blob as it was stored. */
export interface Stored {
  readonly digest: string;
  readonly size: number;
}

/** Streams a blob in under a reference, and commits it; one that is there already is as good. */
export async function writeBlob(
  supervisor: Supervisor,
  ref: string,
  data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  labels: Readonly<Record<string, string>> = {},
): Promise<Stored> {
  await supervisor.content.abort({ ref }).catch((error: unknown) => {
    if (!isKind(error, 'not found')) throw error;
  });
  let size = 0;
  let digest = '';
  async function* requests() {
    for await (const chunk of data) {
      yield { action: WriteAction.WRITE, ref, offset: size, data: chunk };
      size += chunk.length;
    }
    yield { action: WriteAction.COMMIT, ref, offset: size, total: size, labels };
  }
  try {
    for await (const answer of supervisor.content.write(requests())) digest = answer.digest;
  } catch (error) {
    const [, present] = /content (sha256:[0-9a-f]{64}): already exists/.exec((error as Error).message) ?? [];
    if (present === undefined) throw error;
    digest = present;
  }
  return { digest, size };
}
