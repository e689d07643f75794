/** Publishes that a container joined or left a network. */
import type { Container } from '../containers/container.ts';
import type { Engine } from '../engine.ts';
import { findNetwork } from './networks.ts';

export function networkEvent(engine: Engine, { id, record }: Container, action: 'connect' | 'disconnect'): void {
  const mode = record.hostConfig.NetworkMode;
  if (mode !== 'none' && mode !== 'host') return;
  const { Id, Name, Driver } = findNetwork(engine, mode);
  engine.events.publish({ type: 'network', action, id: Id, attributes: { container: id, name: Name, type: Driver } });
}
