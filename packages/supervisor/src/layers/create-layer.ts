/** Makes a layer of what differs between two snapshots, and writes it to the content store. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Digester } from '@drydock/oci/digest';
import { MediaType } from '@drydock/oci/media-types';
import { isKind, notImplemented } from '@drydock/rpc/errors';
import type { Descriptor, Mount } from '@drydock/rpc/generated/types';
import type { ContentStore } from '../content/content-store.ts';
import type { Labels } from '../metadata/labels.ts';
import { packDirectory } from './pack-directory.ts';
import { withMounts } from './temporary-mount.ts';

export interface LayerRequest {
  readonly content: ContentStore;
  readonly namespace: string;
  readonly lease: string | undefined;
  /** Mounts of the snapshot below. */
  readonly left: readonly Mount[];
  /** Mounts of the snapshot with the changes. */
  readonly right: readonly Mount[];
  /** A plain or a gzip layer. */
  readonly mediaType: string;
  /** The reference to write under; empty for one of our own. */
  readonly ref: string;
  readonly labels: Labels;
  /** Where the two are mounted meanwhile. */
  readonly place?: string;
}

/** The label of a compressed layer: the digest of what is in it. */
const uncompressedLabel = 'containerd.io/uncompressed';

/** Answers the descriptor of the layer's blob. */
export async function createLayer(request: LayerRequest): Promise<Descriptor> {
  const { content, namespace, lease, left, right, mediaType, labels, place } = request;
  if (mediaType !== MediaType.ociLayer && mediaType !== MediaType.ociLayerGzip)
    throw notImplemented(`unsupported diff media type: ${mediaType}: not implemented`);
  const ref = request.ref === '' ? `${process.hrtime.bigint()}-${randomBytes(3).toString('base64url')}` : request.ref;
  const writer = await content.writer({ namespace, lease, ref });
  try {
    if (writer.offset > 0) await writer.truncate();
    const plain = new Digester();
    const write = async (lower: string, upper: string): Promise<void> => {
      const tar = digested(packDirectory(upper, lower), plain);
      const packed = mediaType === MediaType.ociLayer ? tar : Readable.from(tar).pipe(createGzip());
      for await (const chunk of packed) await writer.write(chunk as Uint8Array);
    };
    await withMounts(left, (lower) => withMounts(right, (upper) => write(lower, upper), place), place);
    const descriptor = { mediaType, digest: writer.digest(), size: writer.offset, annotations: {} };
    const added: Labels = mediaType === MediaType.ociLayer ? {} : { [uncompressedLabel]: plain.digest() };
    await writer.commit({ size: 0, expected: '', labels: { ...labels, ...added } }).catch((error) => {
      if (!isKind(error, 'already exists')) throw error;
    });
    return descriptor;
  } catch (error) {
    writer.close();
    if (request.ref === '') content.abort(namespace, ref, lease);
    throw error;
  } finally {
    writer.close();
  }
}

async function* digested(chunks: AsyncIterable<Uint8Array>, digester: Digester): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    digester.update(chunk);
    yield chunk;
  }
}
