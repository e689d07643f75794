/** Restart policies: whether an ended container is started again, and after how long. */
import { nowNanos, parseTimestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import type { Container } from './container.ts';
import { startLocked } from './start.ts';

const firstDelay = 100;
const longestDelay = 60_000;
/** A run this long makes the next delay the first again. */
const goodRun = 10_000;

/** The delay before the last restart of each container. */
const delays = new WeakMap<Container, number>();

/** What starts the container again later, or undefined if it is not to be started. */
export function planRestart(container: Container, exitStatus: number): ((engine: Engine) => void) | undefined {
  const { record } = container;
  const { Name: name = '', MaximumRetryCount: maximum = 0 } = record.hostConfig.RestartPolicy ?? {};
  const wanted =
    name === 'always' || name === 'unless-stopped'
      ? true
      : name === 'on-failure' && exitStatus !== 0 && (maximum === 0 || record.restartCount < maximum);
  if (!wanted || record.stoppedByUser || container.removing) return undefined;
  const delay = nextDelay(container);
  delays.set(container, delay);
  return (engine) => schedule(engine, container, delay);
}

function nextDelay(container: Container): number {
  const started = parseTimestamp(container.state.startedAt) ?? 0n;
  const ran = Number((nowNanos() - started) / 1_000_000n);
  const last = delays.get(container);
  return last === undefined || ran > goodRun ? firstDelay : Math.min(last * 2, longestDelay);
}

function schedule(engine: Engine, container: Container, delay: number): void {
  const timer = setTimeout(() => {
    container.cancelRestart = undefined;
    void engine.jobs.run('container_restart', [container.record.name], () => restart(engine, container));
  }, delay);
  container.cancelRestart = () => {
    clearTimeout(timer);
    container.cancelRestart = undefined;
  };
}

function restart(engine: Engine, container: Container): Promise<void> {
  return container.lock.run(async () => {
    if (container.state.status !== 'restarting') return;
    container.update({ restartCount: container.record.restartCount + 1 });
    try {
      await startLocked(engine, container);
    } catch (error) {
      engine.logger.error({ container: container.id, error: messageOf(error) }, 'restart failed');
      container.announceExit();
    }
  });
}
