/** Stops all containers because the engine ends. Their restart policies will find them again. */
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { stopRunning } from './stop.ts';

/** Gives each container its own time to stop, but no more than the engine has. */
export async function stopAll(engine: Engine): Promise<void> {
  await Promise.all(
    engine.containers
      .list()
      .filter(({ isRunning }) => isRunning)
      .map(async (container) => {
        const { stoppedByUser } = container.record;
        const seconds = Math.min(container.record.config.StopTimeout ?? 10, engine.config.shutdownTimeout);
        try {
          await stopRunning(engine, container, { seconds, signal: undefined });
          // The end is announced before containerd has let the task go.
          await container.lock.run(() => undefined);
          // It was not a person who stopped it.
          container.update({ stoppedByUser });
        } catch (error) {
          engine.logger.error({ container: container.id, error: messageOf(error) }, 'container could not be stopped');
        }
      }),
  );
}
