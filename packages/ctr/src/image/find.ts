/** Images by their names, with their documents. */

import { chainId } from '@drydock/oci/digest';
import type { Descriptor, Platform } from '@drydock/oci/image-spec';
import type { Image } from '@drydock/rpc/generated/images';
import { type PlatformImage, readImage } from '@drydock/transfer/tree';
import type { Supervisor } from '../context.ts';

/** An image and what it stands for. */
export interface FoundImage {
  readonly image: Image;
  readonly target: Descriptor;
}

/** Looks an image up. Rejects with `not found`. */
export async function findImage(supervisor: Supervisor, name: string): Promise<FoundImage> {
  const { image } = await supervisor.images.get({ name });
  if (image?.target === undefined) throw new Error(`image ${name} has no target`);
  return { image, target: { ...image.target } };
}

export interface ImageDocuments extends PlatformImage {
  readonly image: Image;
  /** The name of the image's committed snapshot. */
  readonly chain: string;
}

/** Reads an image's manifest and configuration for a platform. */
export async function imageDocuments(
  supervisor: Supervisor,
  name: string,
  platform?: Platform,
): Promise<ImageDocuments> {
  const { image, target } = await findImage(supervisor, name);
  const documents = await readImage(supervisor.content, target, platform);
  return { ...documents, image, chain: chainId(documents.config.rootfs.diff_ids ?? []) };
}
