/** Unpacks a compressed stream, by what it begins with: a layer's media type may say less than it should. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Compression } from '@drydock/oci/media-types';

/** Bytes read and unpacked at a time: large enough that the turns of the event loop do not count. */
const chunkSize = 256 * 1024;

/** The plain bytes of a file that may be gzip or zstd. */
export async function* decompressFile(path: string): AsyncGenerator<Buffer> {
  const compression = await detect(path);
  const source = createReadStream(path, { highWaterMark: chunkSize });
  if (compression === 'none') return yield* source as AsyncIterable<Buffer>;
  const unpack = compression === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  source.once('error', (error) => unpack.destroy(error));
  try {
    yield* source.pipe(unpack) as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
  }
}

async function detect(path: string): Promise<Compression> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.readUInt16BE(0) === 0x1f8b) return 'gzip';
    return buffer.readUInt32BE(0) === 0x28b52ffd ? 'zstd' : 'none';
  } finally {
    await file.close();
  }
}
