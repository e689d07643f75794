/** `docker pause` and `docker unpause`. */
import type { Engine } from '../engine.ts';
import { conflict, notRunning, systemError } from '../errors.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';

export function pauseContainer(engine: Engine, container: Container): Promise<void> {
  return container.lock.run(async () => {
    if (!container.isRunning) throw notRunning(container.id);
    if (container.isPaused) throw conflict(`Container ${container.id} is already paused`);
    if (container.state.status === 'restarting')
      throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
    await engine.containerd.tasks.pause({ containerId: container.id });
    container.setState({ status: 'paused' });
    containerEvent(engine, container, 'pause');
  });
}

export function unpauseContainer(engine: Engine, container: Container): Promise<void> {
  return container.lock.run(async () => {
    if (!container.isPaused) throw systemError(`Container ${container.id} is not paused`);
    await engine.containerd.tasks.resume({ containerId: container.id });
    container.setState({ status: 'running' });
    containerEvent(engine, container, 'unpause');
  });
}
