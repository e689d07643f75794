/** An image of this machine's platform, read from the content store. */
import type { ImageConfig, Manifest } from '@drydock/oci/image-spec';

/** A blob that a name stands for. */
export interface Target {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** One image: what Docker identifies by the digest of its configuration. */
export interface Image {
  /** The configuration's digest. */
  readonly id: string;
  /** The manifest of this image; an index that led here is not it. */
  readonly manifestTarget: Target;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  readonly diffIds: readonly string[];
  /** The snapshot that holds all layers; empty for an image without layers. */
  readonly chainId: string;
  /** Bytes of all layers, unpacked. */
  readonly size: number;
  /** Bytes of each layer, unpacked, lowest first. */
  readonly layerSizes: readonly number[];
}

/** A name in the image store. */
export interface ImageName {
  /** The full reference, such as `docker.io/library/busybox:latest`; `moby-dangling@<id>` for an image without names. */
  readonly name: string;
  readonly target: Target;
  readonly updatedAt: string;
}

/** How the store names an image that has no name of its own. */
export const danglingPrefix = 'moby-dangling@';

/** Whether a store name is a person's name for the image. */
export function isReal(name: string): boolean {
  return !name.startsWith(danglingPrefix);
}
