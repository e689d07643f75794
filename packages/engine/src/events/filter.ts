/** Which events a listener asked for. */

import { familiarRepository, parseReference } from '@drydock/oci/reference';
import { type Filters, matchesLabels } from '../api/query.ts';
import type { EngineEvent } from './event.ts';

/** The keys that `GET /events` takes. */
export const eventFilterKeys = [
  'config', 'container', 'daemon', 'event', 'image', 'label', 'network', 'node', 'plugin', 'scope', 'secret', 'service', 'type', 'volume',
]; // biome-ignore format: one row

/** Whether an event passes all filters. Values of one key are alternatives. */
export function eventPasses(filters: Filters, event: EngineEvent): boolean {
  const any = (key: string, test: (value: string) => boolean): boolean => {
    const values = filters.get(key);
    return values === undefined || values.length === 0 || values.some(test);
  };
  const named = (type: string) => (value: string) =>
    event.Type === type &&
    (value === event.Actor.ID || event.Actor.ID.startsWith(value) || value === event.Actor.Attributes.name);
  return (
    any('type', (value) => value === event.Type) &&
    any('event', (value) => value === event.Action || event.Action.startsWith(`${value}:`)) &&
    any('scope', (value) => value === event.scope) &&
    any('container', named('container')) &&
    any('volume', named('volume')) &&
    any('network', named('network')) &&
    any('daemon', named('daemon')) &&
    any('image', (value) => imageMatches(event, value)) &&
    ['config', 'node', 'plugin', 'secret', 'service'].every((key) => any(key, named(key))) &&
    matchesLabels(filters.get('label'), event.Actor.Attributes)
  );
}

function imageMatches(event: EngineEvent, value: string): boolean {
  const name = event.Type === 'image' ? event.Actor.Attributes.name : event.Actor.Attributes.image;
  return value === event.Actor.ID || value === name || (name !== undefined && value === repositoryIn(name));
}

function repositoryIn(name: string): string {
  try {
    return familiarRepository(parseReference(name));
  } catch {
    return name;
  }
}
