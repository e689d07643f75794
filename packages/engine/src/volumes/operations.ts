/** `docker volume`: create, list, remove, prune. */
import { type Filters, matchesLabels, matchesPattern } from '../api/query.ts';
import { volumeUsers } from '../containers/realize-mounts.ts';
import type { Engine } from '../engine.ts';
import { badParameter, conflict } from '../errors.ts';
import { directorySize } from '../system/disk-usage.ts';
import type { CreateVolume, Volume } from './volume-store.ts';

export const volumeFilterKeys = ['dangling', 'driver', 'label', 'name'];
export const volumePruneFilterKeys = ['all', 'label', 'label!'];

export function createVolume(engine: Engine, request: CreateVolume): Volume {
  const { volume, created } = engine.volumes.create(request);
  if (created) volumeEvent(engine, 'create', volume.name);
  return volume;
}

export function listVolumes(engine: Engine, filters: Filters): Volume[] {
  const [dangling] = filters.get('dangling') ?? [];
  if (dangling !== undefined && !['true', 'false', '1', '0'].includes(dangling))
    throw badParameter(`Invalid filter 'dangling=[${dangling}]'`);
  const wanted = dangling === undefined ? undefined : dangling === 'true' || dangling === '1';
  const drivers = filters.get('driver') ?? [];
  return engine.volumes
    .list()
    .filter(
      (volume) =>
        matchesPattern(filters.get('name'), [volume.name]) &&
        matchesLabels(filters.get('label'), volume.labels) &&
        (drivers.length === 0 || drivers.includes('local')) &&
        (wanted === undefined || wanted === (volumeUsers(engine, volume.name).length === 0)),
    );
}

/** Removes a volume that no container uses; with `force`, one that is missing is no error. */
export function removeVolume(engine: Engine, name: string, { force }: { readonly force: boolean }): void {
  if (force && engine.volumes.get(name) === undefined) return;
  engine.volumes.find(name);
  const users = volumeUsers(engine, name);
  if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.map(({ id }) => id).join(', ')}]`);
  engine.volumes.remove(name);
  volumeEvent(engine, 'destroy', name);
}

/** Removes what nobody uses: anonymous volumes, or with `all` (and for old clients) named ones too. */
export function pruneVolumes(engine: Engine, filters: Filters, { anonymousOnly }: { readonly anonymousOnly: boolean }) {
  const all = !anonymousOnly || ['true', '1'].includes(filters.get('all')?.[0] ?? '');
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const volume of engine.volumes.list()) {
    if (!all && !volume.anonymous) continue;
    if (volumeUsers(engine, volume.name).length > 0 || !matchesLabels(filters.get('label'), volume.labels)) continue;
    if ((filters.get('label!') ?? []).some((label) => matchesLabels([label], volume.labels))) continue;
    reclaimed += directorySize(volume.mountpoint);
    engine.volumes.remove(volume.name);
    volumeEvent(engine, 'destroy', volume.name);
    deleted.push(volume.name);
  }
  engine.events.publish({ type: 'volume', action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } });
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}

function volumeEvent(engine: Engine, action: string, name: string): void {
  engine.events.publish({ type: 'volume', action, id: name, attributes: { driver: 'local' } });
}
