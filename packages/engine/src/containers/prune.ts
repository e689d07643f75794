/** `docker container prune`: removes all containers that do not run. */
import { type Filters, matchesLabels } from '../api/query.ts';
import { parseTimestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { untilFilter } from '../images/prune.ts';
import { removeContainer } from './remove.ts';
import { containerSizes } from './sizes.ts';

export const containerPruneFilterKeys = ['label', 'label!', 'until'];

export async function pruneContainers(
  engine: Engine,
  filters: Filters,
): Promise<{ ContainersDeleted: string[] | null; SpaceReclaimed: number }> {
  const until = untilFilter(filters);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const container of engine.containers.list()) {
    const { record } = container;
    if (container.isRunning || !matchesLabels(filters.get('label'), record.config.Labels)) continue;
    if ((filters.get('label!') ?? []).some((label) => matchesLabels([label], record.config.Labels))) continue;
    if (until !== undefined && (parseTimestamp(record.createdAt) ?? 0n) > until) continue;
    try {
      const { SizeRw } = await containerSizes(engine, container);
      await removeContainer(engine, container, { force: false, volumes: false });
      deleted.push(container.id);
      reclaimed += SizeRw;
    } catch (error) {
      engine.logger.warn({ container: container.id, error: messageOf(error) }, 'prune: container left');
    }
  }
  engine.events.publish({ type: 'container', action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } });
  return { ContainersDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: reclaimed };
}
