/** Makes a container's planned mounts real: volumes are found or made; those without a name go when the container does. */
import type { Engine } from '../engine.ts';
import type { Container } from './container.ts';
import type { MountPlan } from './mount-plan.ts';
import type { MountPoint } from './record.ts';

/** The mount points of a container, with their volumes. */
export function realizeMounts(engine: Engine, plans: readonly MountPlan[]): MountPoint[] {
  return plans.map(({ volumeLabels, volumeOptions, ...plan }) => {
    if (plan.type !== 'volume') return plan;
    const labels = plan.anonymous ? { 'com.docker.volume.anonymous': '', ...volumeLabels } : volumeLabels;
    const { volume, created } = engine.volumes.create({
      name: plan.name,
      driver: plan.driver,
      labels,
      options: volumeOptions,
    });
    if (created)
      engine.events.publish({ type: 'volume', action: 'create', id: volume.name, attributes: { driver: 'local' } });
    return { ...plan, name: volume.name, source: volume.mountpoint };
  });
}

/** Removes the volumes that were made for this container alone and that no other uses. */
export function releaseVolumes(engine: Engine, { id, record }: Container): void {
  for (const { type, anonymous, name } of record.mounts) {
    if (type !== 'volume' || !anonymous || volumeUsers(engine, name).some((user) => user.id !== id)) continue;
    engine.volumes.remove(name);
    engine.events.publish({ type: 'volume', action: 'destroy', id: name, attributes: { driver: 'local' } });
  }
}

/** The containers that have a volume among their mounts. */
export function volumeUsers({ containers }: Pick<Engine, 'containers'>, name: string): Container[] {
  return containers
    .list()
    .filter(({ record }) => record.mounts.some((point) => point.type === 'volume' && point.name === name));
}

/** Publishes that a container's volumes are in use, or no longer. */
export function volumeEvents(
  { events }: Pick<Engine, 'events'>,
  { id, record }: Container,
  action: 'mount' | 'unmount',
): void {
  for (const { type, name, destination, rw, driver } of record.mounts) {
    if (type !== 'volume') continue;
    const more: Record<string, string> =
      action === 'mount' ? { destination, 'read/write': String(rw), propagation: '' } : {};
    events.publish({ type: 'volume', action, id: name, attributes: { container: id, driver, ...more } });
  }
}
