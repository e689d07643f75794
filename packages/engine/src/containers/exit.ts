/** What happens when a container's first process has ended: its output is completed, its task removed, its fate decided. */
import { isKind } from '@drydock/rpc/errors';
import { timestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { execExited } from '../execs/exit.ts';
import { networkEvent } from '../networks/network-event.ts';
import { unmountVolumes } from '../volumes/volume-mount.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { volumeEvents } from './realize-mounts.ts';
import { removeLocked } from './remove.ts';
import { planRestart } from './restart-policy.ts';
import { releaseShm } from './shared-shm.ts';

export interface Exit {
  readonly pid: number;
  readonly exitStatus: number;
  readonly exitedAt: string | undefined;
}

/** How long output may still come after the process has ended: something else may hold its end open. */
const drainMilliseconds = 2000;
/** 128 and SIGKILL. */
const killed = 137;

/** Takes note of an exit. One that belongs to another run is left aside. */
export function containerExited(engine: Engine, container: Container, exit: Exit): Promise<void> {
  return container.lock.run(async () => {
    if (!container.isRunning || container.state.pid !== exit.pid) return;
    const leaving = leaveContainerd(engine, container);
    await container.io?.drain(drainMilliseconds);
    container.io?.close();
    container.io = undefined;
    container.log?.finish();
    container.log = undefined;
    container.streams.endRun();
    const restart = planRestart(container, exit.exitStatus);
    container.setState({
      status: restart === undefined ? 'exited' : 'restarting',
      pid: 0,
      exitCode: exit.exitStatus,
      finishedAt: exit.exitedAt ?? timestamp(),
      oomKilled: container.oomSeen,
    });
    containerEvent(engine, container, 'die', { exitCode: String(exit.exitStatus) });
    networkEvent(engine, container, 'disconnect');
    volumeEvents(engine, container, 'unmount');
    if (restart !== undefined) {
      await leaving.record;
      return restart(engine);
    }
    const { AutoRemove } = container.record.hostConfig;
    if (!AutoRemove) container.announceExit();
    await leaving.task;
    // The kernel took them along; should one's own end not be reported, nobody waits for it.
    for (const exec of engine.execs.of(container.id)) await execExited(engine, exec, killed);
    releaseShm(container);
    unmountVolumes(engine, container);
    await Promise.all([leaving.record, AutoRemove && removeLocked(engine, container, { volumes: true })]);
  });
}

/** Removes the task, then the record. Whatever fails is logged: the exit has happened all the same. */
export function leaveContainerd({ containerd: { tasks, containers }, logger }: Engine, { id }: Container) {
  const tolerate = (what: string) => (error: unknown) => {
    if (!isKind(error, 'not found'))
      logger.error({ container: id, error: messageOf(error) }, `${what} could not be removed`);
  };
  const task = tasks.delete({ containerId: id }).catch(tolerate('task'));
  const record = task.then(() => containers.delete({ id })).catch(tolerate('container record'));
  return { task, record };
}
