/** `docker rmi`: takes names away, and with the last one the image. */
import { chainId } from '@drydock/oci/digest';
import { familiarName, parseReference, repositoryOf } from '@drydock/oci/reference';
import type { Container } from '../containers/container.ts';
import type { Engine } from '../engine.ts';
import { conflict } from '../errors.ts';
import { shortId } from '../ids.ts';
import { type Image, type ImageName, isReal } from './image.ts';
import { inRepository } from './image-store.ts';

/** One thing that was done. */
export type Removal = { readonly Untagged: string } | { readonly Deleted: string };

export interface RemoveImageOptions {
  readonly force: boolean;
}

/** Removes a name, or an image by id. */
export async function removeImage(engine: Engine, text: string, { force }: RemoveImageOptions): Promise<Removal[]> {
  const named = engine.images.lookupName(text);
  const image = named?.image ?? engine.images.find(text);
  const names = engine.images.namesOf(image.id);
  const users = engine.containers.list().filter(({ record }) => record.imageId === image.id);
  if (named !== undefined) return removeByName(engine, image, named.name, { asked: text, names, users, force });
  return removeById(engine, image, { asked: text, names, users, force });
}

interface Found {
  /** How the client named the image. */
  readonly asked: string;
  readonly names: readonly ImageName[];
  readonly users: readonly Container[];
  readonly force: boolean;
}

async function removeByName(
  engine: Engine,
  image: Image,
  name: string,
  { asked, names, users, force }: Found,
): Promise<Removal[]> {
  const reference = parseReference(name);
  const siblings = inRepository(names, repositoryOf(reference));
  const tags = siblings.filter(({ name: sibling }) => parseReference(sibling).digest === undefined);
  // A repository's digests go with its last tag.
  const leaving =
    reference.digest === undefined && tags.length === 1
      ? [name, ...siblings.map((sibling) => sibling.name).filter((other) => other !== name)]
      : [name];
  const isLast = names.filter(({ name: other }) => isReal(other) && !leaving.includes(other)).length === 0;
  const [user] = users;
  if (isLast && user !== undefined && !force)
    throw conflict(
      `conflict: unable to remove repository reference "${asked}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`,
    );
  const untagged = await untag(engine, image, leaving, { keep: user !== undefined });
  return isLast && user === undefined ? [...untagged, ...deleted(engine, image)] : untagged;
}

async function removeById(engine: Engine, image: Image, { names, users, force }: Found): Promise<Removal[]> {
  const running = users.find(({ isRunning }) => isRunning);
  if (running !== undefined)
    throw conflict(
      `conflict: unable to delete ${shortId(image.id)} (cannot be forced) - image is being used by running container ${shortId(running.id)}`,
    );
  const real = names.filter(({ name }) => isReal(name));
  const repositories = new Set(real.map(({ name }) => repositoryOf(parseReference(name))));
  const tags = real.filter(({ name }) => parseReference(name).digest === undefined);
  if (!force && (repositories.size > 1 || tags.length > 1))
    throw conflict(
      `conflict: unable to delete ${shortId(image.id)} (must be forced) - image is referenced in multiple repositories`,
    );
  const [user] = users;
  if (!force && user !== undefined)
    throw conflict(
      `conflict: unable to delete ${shortId(image.id)} (must be forced) - image is being used by stopped container ${shortId(user.id)}`,
    );
  const untagged = await untag(
    engine,
    image,
    names.map(({ name }) => name),
    { keep: false },
  );
  return [...untagged, ...deleted(engine, image)];
}

async function untag(
  engine: Engine,
  image: Image,
  names: readonly string[],
  { keep }: { readonly keep: boolean },
): Promise<Removal[]> {
  const removals: Removal[] = [];
  for (const [index, name] of names.entries()) {
    await engine.images.unassign(name, { keep, collect: !keep && index === names.length - 1 });
    if (!isReal(name)) continue;
    removals.push({ Untagged: familiarName(parseReference(name)) });
    engine.events.publish({
      type: 'image',
      action: 'untag',
      id: image.id,
      attributes: { ...image.config.config?.Labels, name: image.id },
    });
  }
  return removals;
}

/** The image and those of its layers that no other image has: containerd has removed them with the last name. */
function deleted(engine: Engine, image: Image): Removal[] {
  engine.events.publish({
    type: 'image',
    action: 'delete',
    id: image.id,
    attributes: { ...image.config.config?.Labels, name: image.id },
  });
  const kept = new Set(
    engine.images
      .list()
      .filter(({ id }) => id !== image.id)
      .flatMap(({ diffIds }) => chains(diffIds)),
  );
  const gone = chains(image.diffIds)
    .filter((chain) => !kept.has(chain))
    .reverse();
  return [{ Deleted: image.id }, ...gone.map((Deleted) => ({ Deleted }))];
}

function chains(diffIds: readonly string[]): string[] {
  return diffIds.map((_, index) => chainId(diffIds.slice(0, index + 1)));
}
