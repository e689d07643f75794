/** `docker kill`: a signal to a container's first process. */
import { isKind } from '@drydock/rpc/errors';
import type { Engine } from '../engine.ts';
import { conflict, messageOf, systemError } from '../errors.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { containerExited } from './exit.ts';
import { parseSignal } from './signals.ts';

const sigkill = 9;
/** How long a killed process may take to be gone. */
const killMilliseconds = 10_000;

/** Sends a signal by number. With SIGKILL, waits until the container has ended. */
export async function killContainer(engine: Engine, container: Container, signal: number): Promise<void> {
  if (!container.isRunning) throw conflict(`Container ${container.id} is not running`);
  if (signal === sigkill) return killAndWait(engine, container);
  await sendSignal(engine, container, signal);
}

/** Kills a container and waits until it has ended. */
export async function killAndWait(engine: Engine, container: Container): Promise<void> {
  if (!container.isRunning) return;
  const ended = endOf(container, killMilliseconds);
  await sendSignal(engine, container, sigkill);
  if (!(await ended))
    throw systemError(
      `Cannot kill container ${container.id}: it still runs ${killMilliseconds / 1000} s after SIGKILL`,
    );
}

/** Sends a signal. One that means the end keeps a restart policy from acting and resumes a paused container. */
export async function sendSignal(engine: Engine, container: Container, signal: number): Promise<void> {
  const { tasks } = engine.containerd;
  const { id } = container;
  const stopSignal =
    container.record.config.StopSignal === '' ? undefined : parseSignal(container.record.config.StopSignal);
  const means = stopSignal === undefined || signal === sigkill || signal === stopSignal;
  container.update({ stoppedByUser: true });
  if (container.state.status === 'restarting') return endRestarting(container);
  const { pid } = container.state;
  // Said first: the end may be known before the answer is.
  containerEvent(engine, container, 'kill', { signal: String(signal) });
  try {
    await tasks.kill({ containerId: id, signal });
  } catch (error) {
    if (!isKind(error, 'not found'))
      throw systemError(`Cannot kill container ${id}: ${messageOf(error)}`, { cause: error });
    void containerGone(engine, container, pid);
    return;
  }
  if (container.isPaused && means) {
    await tasks.resume({ containerId: id });
    container.setState({ status: 'running' });
  }
}

/** Resolves to whether the container has ended within a time; no limit if that is undefined. */
export async function endOf(container: Container, milliseconds: number | undefined): Promise<boolean> {
  const signal = milliseconds === undefined ? new AbortController().signal : AbortSignal.timeout(milliseconds);
  try {
    await container.wait('not-running', signal);
    return true;
  } catch {
    return false;
  }
}

/** A container between two runs is ended by not starting it again. */
function endRestarting(container: Container): void {
  container.cancelRestart?.();
  container.setState({ status: 'exited' });
  container.announceExit();
}

/** There is no such process: its exit event may be on the way; after a while it is taken for granted. */
async function containerGone(engine: Engine, container: Container, pid: number): Promise<void> {
  if (await endOf(container, 2000)) return;
  await containerExited(engine, container, { pid, exitStatus: 137, exitedAt: undefined });
}
