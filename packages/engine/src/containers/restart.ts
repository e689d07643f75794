/** `docker restart`: stop and start, also of a container that does not run. */
import type { Engine } from '../engine.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { startContainer } from './start.ts';
import { type StopOptions, stopContainer } from './stop.ts';

export async function restartContainer(engine: Engine, container: Container, options: StopOptions): Promise<void> {
  if (container.isRunning) await stopContainer(engine, container, options);
  await startContainer(engine, container);
  containerEvent(engine, container, 'restart');
}
