/** Sets the size of a terminal. */
import type { Engine } from '../engine.ts';
import { notRunning } from '../errors.ts';
import type { Container } from './container.ts';

export interface TerminalSize {
  readonly height: number;
  readonly width: number;
}

/** Resizes the container's terminal, or that of one of its execs. */
export async function resize(engine: Engine, container: Container, size: TerminalSize, execId = ''): Promise<void> {
  if (!container.isRunning) throw notRunning(container.id);
  await engine.containerd.tasks.resizePty({ containerId: container.id, execId, ...size });
  if (execId === '') engine.events.publish(resizeEvent(container, size));
}

function resizeEvent({ id, record: { config, name } }: Container, { height, width }: TerminalSize) {
  const attributes = { ...config.Labels, image: config.Image, name, height: String(height), width: String(width) };
  return { type: 'container', action: 'resize', id, attributes } as const;
}
