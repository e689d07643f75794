/** `docker images`: one summary an image, newest first. */

import { familiarName, familiarRepository, parseReference } from '@drydock/oci/reference';
import { type Filters, matchesLabels } from '../api/query.ts';
import { parseTimestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import type { Image } from './image.ts';

/** The keys that `GET /images/json` filters by. */
export const imageFilterKeys = ['dangling', 'label', 'before', 'since', 'reference', 'until'];

export interface ImageSummary {
  readonly Containers: number;
  readonly Created: number;
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly ParentId: string;
  readonly RepoDigests: readonly string[] | null;
  readonly RepoTags: readonly string[] | null;
  readonly SharedSize: number;
  readonly Size: number;
  readonly VirtualSize: number;
}

/** The images that pass the filters. */
export function listImages(engine: Pick<Engine, 'images'>, filters: Filters): ImageSummary[] {
  const { images } = engine;
  const bound = (key: string): number | undefined => {
    const [value] = filters.get(key) ?? [];
    return value === undefined ? undefined : createdSeconds(images.find(value));
  };
  const [before, since] = [bound('before'), bound('since')];
  const dangling = danglingFilter(filters);
  return images
    .list()
    .filter((image) => {
      const created = createdSeconds(image);
      const tags = images.tagsOf(image.id);
      return (
        (before === undefined || created < before) &&
        (since === undefined || created > since) &&
        (dangling === undefined || dangling === (tags.length === 0)) &&
        matchesReference(filters.get('reference'), [...tags, ...images.digestsOf(image.id)]) &&
        matchesLabels(filters.get('label'), image.config.config?.Labels)
      );
    })
    .map((image) => summarize(engine, image))
    .sort((a, b) => b.Created - a.Created);
}

/** One image's summary. */
export function summarize({ images }: Pick<Engine, 'images'>, image: Image): ImageSummary {
  const tags = images.tagsOf(image.id);
  const digests = images.digestsOf(image.id);
  const nameless = tags.length === 0 && digests.length === 0;
  return {
    Containers: -1,
    Created: createdSeconds(image),
    Id: image.id,
    Labels: image.config.config?.Labels ?? null,
    ParentId: '',
    RepoDigests: nameless ? ['<none>@<none>'] : digests.length > 0 ? digests : null,
    RepoTags: nameless ? ['<none>:<none>'] : tags.length > 0 ? tags : null,
    SharedSize: -1,
    Size: image.size,
    VirtualSize: image.size,
  };
}

/** When an image was made, in seconds since 1970. */
export function createdSeconds({ config }: Image): number {
  const nanos = parseTimestamp(config.created ?? '');
  return nanos === undefined ? 0 : Number(nanos / 1_000_000_000n);
}

/** The `dangling` filter's value, if it is given. */
export function danglingFilter(filters: Filters): boolean | undefined {
  const [value] = filters.get('dangling') ?? [];
  if (value === undefined) return undefined;
  if (['1', 'true', 'True', 'TRUE', 't'].includes(value)) return true;
  if (['0', 'false', 'False', 'FALSE', 'f'].includes(value)) return false;
  throw badParameter(`Invalid filter 'dangling=[${value}]'`);
}

/** Whether a name fits one of the patterns: `repo`, `repo:tag`, with `*` and `?`. */
function matchesReference(patterns: readonly string[] | undefined, names: readonly string[]): boolean {
  if (patterns === undefined || patterns.length === 0) return true;
  return names.some((name) => {
    const reference = parseReference(name);
    const forms = [familiarName(reference), familiarRepository(reference)];
    return patterns.some((pattern) => forms.some((form) => globToRegExp(pattern).test(form)));
  });
}

function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`);
}
