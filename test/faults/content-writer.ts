/**
 * Writes one blob to a content store: as a program, what content.test.ts kills. Arguments: the store's directory, the blob's
 * file. An ingest of before is taken up where it ended.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../packages/oci/src/digest.ts';
import { isKind } from '../../packages/rpc/src/errors.ts';
import { openStoresIn } from '../../packages/supervisor/src/test-fixtures.ts';

export async function writeBlob(directory: string, data: Buffer): Promise<void> {
  const expected = digestOf(data);
  const { content, db } = openStoresIn(directory, join(directory, 'metadata.db'));
  try {
    const writer = await content.writer({ namespace: 'n', lease: undefined, ref: 'r', total: data.length, expected });
    const piece = Math.ceil(data.length / 4);
    while (writer.offset < data.length) await writer.write(data.subarray(writer.offset, writer.offset + piece));
    await writer.commit({ size: data.length, expected, labels: { 'containerd.io/gc.root': 'yes' } });
    writer.close();
  } catch (error) {
    if (!isKind(error, 'already exists')) throw error;
  } finally {
    db.close();
  }
}

if (import.meta.main) await writeBlob(process.argv[2]!, readFileSync(process.argv[3]!));
