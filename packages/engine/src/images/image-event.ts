/** Publishes what happened to an image, with its labels and a name as attributes. */
import type { Engine } from '../engine.ts';

export function imageEvent(engine: Pick<Engine, 'events' | 'images'>, action: string, id: string, name: string): void {
  const labels = engine.images.lookup(id)?.config.config?.Labels ?? {};
  engine.events.publish({ type: 'image', action, id, attributes: { ...labels, name } });
}
