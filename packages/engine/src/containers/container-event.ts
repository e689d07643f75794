/** Publishes what happened to a container: its labels, image and name are attributes. */
import type { Engine } from '../engine.ts';
import type { Container } from './container.ts';

export function containerEvent(
  { events }: Pick<Engine, 'events'>,
  { id, record: { config, name } }: Container,
  action: string,
  more: Readonly<Record<string, string>> = {},
): void {
  events.publish({
    type: 'container',
    action,
    id,
    attributes: { ...config.Labels, image: config.Image, name, ...more },
  });
}
