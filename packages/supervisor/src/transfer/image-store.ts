/** The image store as a transfer's source or destination: which names images get, and which are meant. */
import type { Descriptor, Platform } from '@drydock/oci/image-spec';
import { hostPlatform } from '@drydock/oci/platform';
import { fullName, InvalidReference, parseReference, withDefaultTag } from '@drydock/oci/reference';
import { isKind, notFound, notImplemented } from '@drydock/rpc/errors';
import type { Image, Images } from '@drydock/rpc/generated/images';
import type { ImageReference, ImageStore } from '@drydock/rpc/generated/transfer_types';
import type { Platform as WirePlatform } from '@drydock/rpc/generated/types';
import type { Client } from '@drydock/rpc/service';
import type { UnpackTarget } from '@drydock/transfer/fetch';
import { nameOf } from '@drydock/transfer/import';
import type { Platforms } from '@drydock/transfer/tree';

type ImagesClient = Client<typeof Images>;

/** The platforms that are meant; none named are all. */
export function platformsOf(platforms: readonly WirePlatform[]): Platforms {
  return platforms.length === 0 ? 'all' : platforms.map(platformOf);
}

/** What is to be unpacked. */
export function unpackTargets({ unpacks }: ImageStore, snapshotter: string): UnpackTarget[] {
  return unpacks.map(({ platform, snapshotter: name }) => ({
    platform: platform === undefined ? hostPlatform : platformOf(platform),
    snapshotter: name || snapshotter,
  }));
}

function platformOf({ os, architecture, variant }: WirePlatform): Platform {
  return { os, architecture, ...(variant === '' ? {} : { variant }) };
}

/** Stores an image under the store's name and its other references. Throws `not found` if that makes no name. */
export async function storeImage(images: ImagesClient, store: ImageStore, target: Descriptor): Promise<Image[]> {
  const names = [store.name, ...store.extraReferences.map((reference) => plainName(reference, target))];
  return storeUnder(images, store, target, names);
}

/** Stores an image of an archive under the name that the archive gives it, where one of the store's prefixes takes it. */
export async function storeFound(images: ImagesClient, store: ImageStore, target: Descriptor): Promise<Image[]> {
  const names = store.extraReferences
    .filter(({ isPrefix }) => isPrefix)
    .flatMap((prefix) => foundNames(prefix, target));
  return names.length === 0 ? [] : storeUnder(images, store, target, names);
}

/** The images that are meant. */
export async function lookUp(images: ImagesClient, store: ImageStore): Promise<Image[]> {
  if (store.extraReferences.some(({ isPrefix }) => isPrefix))
    throw notImplemented('prefix lookup on export not implemented: not implemented');
  const names = [store.name, ...store.extraReferences.map(({ name }) => name)].filter(Boolean);
  const found: Image[] = [];
  for (const name of names) {
    const { image } = await images.get({ name });
    if (image !== undefined) found.push(image);
  }
  return found;
}

function plainName({ name, isPrefix, addDigest }: ImageReference, { digest }: Descriptor): string {
  if (isPrefix && !addDigest) return '';
  return addDigest ? `${name}@${digest}` : name;
}

function foundNames(prefix: ImageReference, target: Descriptor): string[] {
  const digested = `${prefix.name}@${target.digest}`;
  const name = nameOf(target, (short) => prefixed(prefix, short));
  if (name === undefined) return prefix.addDigest ? [digested] : [];
  return prefix.addDigest && !prefix.skipNamedDigest ? [name, digested] : [name];
}

/** A short name behind a prefix: a tag is appended; a name counts if it begins with the prefix, or any is welcome. */
function prefixed({ name, allowOverwrite }: ImageReference, short: string): string | undefined {
  if (!/[/:@]/.test(short)) return `${name}:${short}`;
  if (!allowOverwrite && !short.startsWith(name)) return undefined;
  try {
    return fullName(withDefaultTag(parseReference(short)));
  } catch (error) {
    if (error instanceof InvalidReference) return undefined;
    throw error;
  }
}

async function storeUnder(
  images: ImagesClient,
  { labels }: ImageStore,
  { mediaType, digest, size, annotations = {} }: Descriptor,
  names: readonly string[],
): Promise<Image[]> {
  const wanted = [...new Set(names)].filter(Boolean);
  if (wanted.length === 0) throw notFound('no image name found: not found');
  const stored: Image[] = [];
  for (const name of wanted) {
    const image = { name, labels, target: { mediaType, digest, size, annotations } };
    const answer = await images.create({ image }).catch((error: unknown) => {
      if (!isKind(error, 'already exists')) throw error;
      return images.update({ image });
    });
    if (answer.image !== undefined) stored.push(answer.image);
  }
  return stored;
}
