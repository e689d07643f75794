/** `docker stop`: asks a container to end, and after a time makes it. */
import type { Engine } from '../engine.ts';
import { notModified } from '../errors.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { endOf, killAndWait, sendSignal } from './kill.ts';
import { parseSignal } from './signals.ts';

export interface StopOptions {
  /** Seconds until SIGKILL; negative for never; undefined for the container's own, or ten. */
  readonly seconds: number | undefined;
  /** Instead of the container's stop signal. */
  readonly signal: string | undefined;
}

/** Stops a container. Throws `not modified` if it does not run. */
export async function stopContainer(engine: Engine, container: Container, options: StopOptions): Promise<void> {
  if (!container.isRunning) throw notModified;
  await stopRunning(engine, container, options);
  containerEvent(engine, container, 'stop');
}

/** Stops a container that runs, without saying so. */
export async function stopRunning(
  engine: Engine,
  container: Container,
  { seconds, signal }: StopOptions,
): Promise<void> {
  const { config } = container.record;
  const number = parseSignal(signal || config.StopSignal || 'TERM');
  const patience = seconds ?? config.StopTimeout ?? 10;
  const ended = endOf(container, patience < 0 ? undefined : patience * 1000);
  await sendSignal(engine, container, number);
  if (!(await ended)) await killAndWait(engine, container);
}
