/** `docker tag`: one more name for an image. */
import { familiarName, fullName, parseReference, withDefaultTag } from '@drydock/oci/reference';
import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import { imageEvent } from './image-event.ts';

/** Names the image `source` `repository:tag`. */
export async function tagImage(engine: Engine, source: string, repository: string, tag: string): Promise<void> {
  const image = engine.images.find(source);
  const parsed = parseReference(repository);
  if (parsed.digest !== undefined) throw badParameter('refusing to create a tag with a digest reference');
  const reference = withDefaultTag(tag === '' ? parsed : parseReference(`${repository}:${tag}`));
  const source_ = engine.images.lookupName(source);
  const target =
    (source_ && engine.images.nameRecord(source_.name)?.target) ?? engine.images.namesOf(image.id)[0]?.target;
  await engine.images.assign(fullName(reference), target ?? image.manifestTarget);
  imageEvent(engine, 'tag', image.id, familiarName(reference));
}
