/** `docker rm`: takes a container away with its file tree, its files, and with `volumes` those that only it used. */
import { rmSync } from 'node:fs';
import type { Engine } from '../engine.ts';
import { conflict, messageOf, systemError } from '../errors.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { killAndWait } from './kill.ts';
import { releaseVolumes } from './realize-mounts.ts';
import { removeRootfs } from './rootfs.ts';

export interface RemoveOptions {
  /** Kill the container if it runs. */
  readonly force: boolean;
  /** Remove its anonymous volumes. */
  readonly volumes: boolean;
}

export async function removeContainer(
  engine: Engine,
  container: Container,
  { force, volumes }: RemoveOptions,
): Promise<void> {
  if (container.removing) throw conflict(`removal of container ${container.id} is already in progress`);
  if (container.isRunning && !force) throw conflict(refusal(container));
  container.removing = true;
  try {
    container.cancelRestart?.();
    if (container.state.pid !== 0) await killAndWait(engine, container);
    await container.lock.run(() => removeLocked(engine, container, { volumes }));
  } finally {
    container.removing = false;
  }
}

/** Removes a container that does not run and whose lock the caller holds. One that is gone is left alone. */
export async function removeLocked(
  engine: Engine,
  container: Container,
  { volumes }: Pick<RemoveOptions, 'volumes'>,
): Promise<void> {
  if (engine.containers.byId(container.id) === undefined) return;
  try {
    await removeRootfs(engine, container.id);
    rmSync(container.paths.directory, { recursive: true, force: true });
    rmSync(container.paths.runtimeDirectory, { recursive: true, force: true });
  } catch (error) {
    container.setState({ status: 'dead', error: messageOf(error) });
    throw systemError(`unable to remove filesystem for ${container.id}: ${messageOf(error)}`, { cause: error });
  }
  engine.execs.forget(container.id);
  engine.containers.remove(container);
  if (volumes) releaseVolumes(engine, container);
  container.streams.endRun();
  containerEvent(engine, container, 'destroy');
  container.announceRemoval();
}

function refusal({ id, state: { status } }: Container): string {
  if (status === 'paused')
    return `You cannot remove a paused container ${id}. Unpause and then stop the container before attempting removal or force remove`;
  const how = status === 'restarting' ? 'restarting' : 'running';
  return `You cannot remove a ${how} container ${id}. Stop the container before attempting removal or force remove`;
}
