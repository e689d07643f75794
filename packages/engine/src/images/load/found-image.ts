/** An image that an archive holds, with its blobs in the content store already. */
import type { ImageConfig, Index, Manifest } from '@drydock/oci/image-spec';

export interface FoundImage {
  /** The references that the archive gives it. */
  readonly names: readonly string[];
  readonly manifest: Manifest;
  /** The manifest as it is to be stored. */
  readonly manifestBytes: Uint8Array;
  readonly config: ImageConfig;
  /** The index that leads to the manifest, if the archive has one for several platforms. */
  readonly index: { readonly document: Index; readonly bytes: Uint8Array } | undefined;
}
