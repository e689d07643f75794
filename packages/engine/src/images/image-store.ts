/**
 * The engine's images: containerd's image store seen as Docker's, with names, ids and digests.
 * Names and documents are kept in memory, so that finding an image costs no call; containerd's events keep them fresh.
 */
import { isDigest } from '@drydock/oci/digest';
import {
  familiarName,
  familiarRepository,
  fullName,
  parseReference,
  repositoryOf,
  withDefaultTag,
} from '@drydock/oci/reference';
import { isKind } from '@drydock/rpc/errors';
import type { Image as StoredImage } from '@drydock/rpc/generated/images';
import { formatTimestamp } from '@drydock/rpc/timestamp';
import type { Logger } from '@drydock/telemetry/logger';
import { timestamp, zeroTime } from '../clock.ts';
import type { Containerd } from '../containerd/clients.ts';
import { badParameter, messageOf, noSuchImage } from '../errors.ts';
import { danglingPrefix, type Image, type ImageName, isReal, type Target } from './image.ts';
import { readImage } from './read-image.ts';

export class ImageStore {
  readonly #containerd: Containerd;
  readonly #logger: Logger;
  readonly #names = new Map<string, ImageName>();
  /** Images by the digest of what a name stands for. */
  readonly #byTarget = new Map<string, Image>();

  constructor(containerd: Containerd, logger: Logger) {
    this.#containerd = containerd;
    this.#logger = logger;
  }

  /** Reads all names and images. One that cannot be read is logged and left out. */
  async load(): Promise<void> {
    const { images } = await this.#containerd.images.list({ filters: [] });
    this.#names.clear();
    await Promise.all(images.map((image) => this.#learn(image)));
  }

  /** Reads one name again after somebody changed it; also how this store's own changes are learnt a second time. */
  async refresh(name: string): Promise<void> {
    try {
      const { image } = await this.#containerd.images.get({ name });
      if (image !== undefined) await this.#learn(image);
    } catch (error) {
      if (!isKind(error, 'not found')) throw error;
      this.#names.delete(name);
    }
  }

  /** All images, each once. */
  list(): Image[] {
    const found = new Map<string, Image>();
    for (const { target } of this.#names.values()) {
      const image = this.#byTarget.get(target.digest);
      if (image !== undefined) found.set(image.id, image);
    }
    return [...found.values()];
  }

  /** The names of an image, in order. */
  namesOf(id: string): ImageName[] {
    return [...this.#names.values()]
      .filter(({ target }) => this.#byTarget.get(target.digest)?.id === id)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The image's tags as Docker shows them. */
  tagsOf(id: string): string[] {
    return this.#referencesOf(id)
      .filter(({ digest }) => digest === undefined)
      .map(familiarName);
  }

  /** The image's `repository@digest` names as Docker shows them. */
  digestsOf(id: string): string[] {
    return this.#referencesOf(id)
      .filter(({ digest }) => digest !== undefined)
      .map(familiarName);
  }

  /** Finds an image by id, prefix of an id, or reference. Throws `No such image`. */
  find(text: string): Image {
    const found = this.lookup(text);
    if (found !== undefined) return found;
    if (/^(sha256:)?[0-9a-f]{64}$/.test(text)) throw noSuchImage(text);
    // What is no reference at all is refused as such.
    throw noSuchImage(familiarName(withDefaultTag(parseReference(text))));
  }

  /** Like {@link find}, but answers undefined. */
  lookup(text: string): Image | undefined {
    const bare = text.startsWith('sha256:') ? text.slice(7) : text;
    if (isDigest(`sha256:${bare}`)) return this.list().find(({ id }) => id === `sha256:${bare}`);
    return this.lookupName(text)?.image ?? (/^[0-9a-f]{1,64}$/.test(bare) ? this.#byPrefix(bare) : undefined);
  }

  /** The image of a reference, with the store's name for it; ids are not looked at. */
  lookupName(text: string): { readonly name: string; readonly image: Image } | undefined {
    let name: string;
    try {
      const reference = withDefaultTag(parseReference(text));
      name = fullName(reference.digest === undefined ? reference : { ...reference, tag: undefined });
    } catch {
      return undefined;
    }
    const target = this.#names.get(name)?.target;
    const image = target && this.#byTarget.get(target.digest);
    return image && { name, image };
  }

  /** The store's record of a full name. */
  nameRecord(name: string): ImageName | undefined {
    return this.#names.get(name);
  }

  /**
   * Gives a target a name. The image that had it before keeps a hidden one if it was its last.
   * `labels` go to the record in containerd.
   */
  async assign(name: string, target: Target): Promise<Image> {
    const image = await this.#read(target);
    const before = this.#names.get(name);
    const old = before && this.#byTarget.get(before.target.digest);
    if (old !== undefined && old.id !== image.id && this.namesOf(old.id).length === 1)
      await this.#put(`${danglingPrefix}${old.id}`, old.manifestTarget);
    await this.#put(name, target);
    if (isReal(name) && this.#names.has(`${danglingPrefix}${image.id}`))
      await this.#drop(`${danglingPrefix}${image.id}`, { collect: false });
    return image;
  }

  /** Keeps an image that has no name. */
  async keepNameless(target: Target): Promise<Image> {
    const image = await this.#read(target);
    if (this.namesOf(image.id).length === 0) await this.#put(`${danglingPrefix}${image.id}`, target);
    return image;
  }

  /**
   * Takes a name away. With `keep`, an image that had no other stays without one; with `collect`, what nothing refers to
   * any more is gone from the disk afterwards.
   */
  async unassign(
    name: string,
    { keep, collect }: { readonly keep: boolean; readonly collect: boolean },
  ): Promise<void> {
    const record = this.#names.get(name);
    if (record === undefined) return;
    const image = this.#byTarget.get(record.target.digest);
    if (keep && image !== undefined && this.namesOf(image.id).length === 1)
      await this.#put(`${danglingPrefix}${image.id}`, record.target);
    await this.#drop(name, { collect });
  }

  async #put(name: string, target: Target): Promise<void> {
    const { images } = this.#containerd;
    try {
      await images.update({ image: { name, target }, updateMask: { paths: ['target'] } });
    } catch (error) {
      if (!isKind(error, 'not found')) throw error;
      await images.create({ image: { name, target } });
    }
    this.#names.set(name, { name, target, updatedAt: timestamp() });
  }

  async #drop(name: string, { collect }: { readonly collect: boolean }): Promise<void> {
    try {
      await this.#containerd.images.delete({ name, sync: collect });
    } catch (error) {
      if (!isKind(error, 'not found')) throw error;
    }
    this.#names.delete(name);
  }

  async #learn({ name, target, updatedAt }: StoredImage): Promise<void> {
    if (target === undefined) return;
    try {
      await this.#read(target);
      this.#names.set(name, { name, target, updatedAt: updatedAt ? formatTimestamp(updatedAt) : zeroTime });
    } catch (error) {
      this.#logger.warn({ image: name, error: messageOf(error) }, 'image left out: it cannot be read');
    }
  }

  async #read(target: Target): Promise<Image> {
    const known = this.#byTarget.get(target.digest);
    if (known !== undefined) return known;
    const image = await readImage(this.#containerd, target);
    this.#byTarget.set(target.digest, image);
    return image;
  }

  #referencesOf(id: string) {
    return this.namesOf(id)
      .filter(({ name }) => isReal(name))
      .map(({ name }) => parseReference(name));
  }

  #byPrefix(prefix: string): Image | undefined {
    const found = this.list().filter(({ id }) => id.startsWith(`sha256:${prefix}`));
    if (found.length > 1)
      throw badParameter(`reference "${prefix}" is ambiguous: it is the beginning of ${found.length} image ids`);
    return found[0];
  }
}

/** The names of an image that belong to one repository. */
export function inRepository(names: readonly ImageName[], repository: string): ImageName[] {
  return names.filter(({ name }) => isReal(name) && repositoryOf(parseReference(name)) === repository);
}

/** A repository as Docker shows it. */
export function showRepository(name: string): string {
  return familiarRepository(parseReference(name));
}
