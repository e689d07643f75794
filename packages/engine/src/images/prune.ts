/** `docker image prune`: removes images without names, or with `dangling=false` all that no container uses. */
import { type Filters, matchesLabels } from '../api/query.ts';
import { parseMoment } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import { createdSeconds, danglingFilter } from './list.ts';
import { type Removal, removeImage } from './remove.ts';

export const imagePruneFilterKeys = ['dangling', 'label', 'label!', 'until'];

export async function pruneImages(
  engine: Engine,
  filters: Filters,
): Promise<{ ImagesDeleted: Removal[] | null; SpaceReclaimed: number }> {
  const onlyDangling = danglingFilter(filters) ?? true;
  const until = untilFilter(filters);
  const used = new Set(engine.containers.list().map(({ record }) => record.imageId));
  const removals: Removal[] = [];
  let reclaimed = 0;
  for (const image of engine.images.list()) {
    const labels = image.config.config?.Labels;
    const dangling = engine.images.tagsOf(image.id).length === 0;
    if (used.has(image.id) || (onlyDangling && !dangling)) continue;
    if (until !== undefined && BigInt(createdSeconds(image)) * 1_000_000_000n > until) continue;
    if (!matchesLabels(filters.get('label'), labels)) continue;
    if ((filters.get('label!') ?? []).some((label) => matchesLabels([label], labels))) continue;
    removals.push(...(await removeImage(engine, image.id, { force: true })));
    reclaimed += image.size;
  }
  engine.events.publish({ type: 'image', action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } });
  return { ImagesDeleted: removals.length > 0 ? removals : null, SpaceReclaimed: reclaimed };
}

/** The `until` filter: a moment, or a duration such as `24h` back from now; in nanoseconds since 1970. */
export function untilFilter(filters: Filters): bigint | undefined {
  const [value] = filters.get('until') ?? [];
  if (value === undefined) return undefined;
  const moment = parseMoment(value) ?? ago(value);
  if (moment === undefined) throw badParameter(`failed to parse value as time or duration: "${value}"`);
  return moment;
}

function ago(text: string): bigint | undefined {
  const units: Readonly<Record<string, bigint>> = { h: 3600n, m: 60n, s: 1n };
  const parts = [...text.matchAll(/(\d+)([hms])/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return undefined;
  const seconds = parts.reduce((sum, [, count, unit]) => sum + BigInt(count!) * units[unit!]!, 0n);
  return BigInt(Date.now()) * 1_000_000n - seconds * 1_000_000_000n;
}
