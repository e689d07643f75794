/**
 * Finds the containers again after the engine or containerd was away: those that run get their pipes back, those that
 * ended meanwhile get their exit, execs too.
 */
import { listContainers } from '@drydock/rpc/container-list';
import { isKind } from '@drydock/rpc/errors';
import type { Process } from '@drydock/rpc/generated/task_types';
import { Status } from '@drydock/rpc/generated/task_types';
import { formatTimestamp } from '@drydock/rpc/timestamp';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import type { Exec } from '../execs/exec.ts';
import { execExited } from '../execs/exit.ts';
import type { Container } from './container.ts';
import { containerExited, leaveContainerd } from './exit.ts';
import { openLog } from './log/open-log.ts';
import { removeLocked } from './remove.ts';
import { planRestart } from './restart-policy.ts';
import { ProcessIo } from './stdio/process-io.ts';

/** What is assumed of a process whose end nobody saw. */
const unknownExit = 255;

/** Brings every container's state up to date with containerd's. */
export async function reconcile(engine: Engine): Promise<void> {
  await Promise.all(
    engine.containers.list().map(async (container) => {
      try {
        await reconcileContainer(engine, container);
      } catch (error) {
        engine.logger.error({ container: container.id, error: messageOf(error) }, 'container could not be restored');
      }
    }),
  );
}

/** Finishes what an engine that was killed had begun: tasks of containers that have ended, removals with --rm. */
export async function finishLeavings(engine: Engine): Promise<void> {
  const containers = await listContainers(engine.containerd.containers);
  const known = new Set(containers.map(({ id }) => id));
  const ended = engine.containers.list().filter(({ isRunning }) => !isRunning);
  await Promise.all(
    ended.map((container) =>
      container.lock.run(async () => {
        if (known.has(container.id)) await leaveContainerd(engine, container).record;
        const { AutoRemove } = container.record.hostConfig;
        if (AutoRemove && container.state.status === 'exited') await removeLocked(engine, container, { volumes: true });
      }),
    ),
  );
}

/** Starts what a restart policy wants to run, after the engine has started. */
export function resumeRestarts(engine: Engine): void {
  for (const container of engine.containers.list()) {
    const { status } = container.state;
    const { Name: policy = '' } = container.record.hostConfig.RestartPolicy ?? {};
    const forEver = policy === 'always' || (policy === 'unless-stopped' && !container.record.stoppedByUser);
    if (status !== 'restarting' && !(status === 'exited' && forEver)) continue;
    const restart = planRestart(container, container.state.exitCode);
    if (status === 'exited') container.setState({ status: 'restarting' });
    if (restart === undefined) container.setState({ status: 'exited' });
    else restart(engine);
  }
}

async function reconcileContainer(engine: Engine, container: Container): Promise<void> {
  const { status, pid } = container.state;
  if (status !== 'running' && status !== 'paused') return;
  const process = await findProcess(engine, container.id, '');
  if (container.state.pid !== pid) return;
  if (process !== undefined && container.io === undefined) reconnect(container, process, engine);
  if (process === undefined || process.status === Status.STOPPED) {
    const exitedAt = process?.exitedAt && formatTimestamp(process.exitedAt);
    for (const exec of runningExecs(engine, container)) await execExited(engine, exec, unknownExit);
    return containerExited(engine, container, { pid, exitStatus: process?.exitStatus ?? unknownExit, exitedAt });
  }
  const paused = process.status === Status.PAUSED;
  if (paused !== container.isPaused) container.setState({ status: paused ? 'paused' : 'running' });
  for (const exec of runningExecs(engine, container)) await reconcileExec(engine, exec);
}

/** Opens the pipes of a process that an earlier engine started. */
function reconnect(container: Container, { stdin, stdout, stderr }: Process, engine: Engine): void {
  openLog(engine, container);
  const logged = container.log && { log: container.log, readiness: engine.readiness };
  const io = ProcessIo.reopen({ stdin, stdout, stderr }, container.streams, logged);
  container.io = io;
  io.connectInput(container.streams, () => {
    engine.containerd.tasks
      .closeIO({ containerId: container.id, stdin: true })
      .catch((error: unknown) =>
        engine.logger.debug({ container: container.id, error: messageOf(error) }, 'input could not be closed'),
      );
  });
}

async function reconcileExec(engine: Engine, exec: Exec): Promise<void> {
  const process = await findProcess(engine, exec.record.containerId, exec.id);
  if (process === undefined) return execExited(engine, exec, unknownExit);
  // Its client is gone with the earlier engine, but the process must not block on a full pipe.
  exec.io ??= ProcessIo.reopen(process, exec.streams, undefined);
  if (process.status === Status.STOPPED) await execExited(engine, exec, process.exitStatus);
}

function runningExecs(engine: Engine, { id }: Container): Exec[] {
  return engine.execs.of(id).filter(({ record }) => record.status === 'running');
}

async function findProcess({ containerd }: Engine, containerId: string, execId: string): Promise<Process | undefined> {
  try {
    return (await containerd.tasks.get({ containerId, execId })).process;
  } catch (error) {
    if (isKind(error, 'not found')) return undefined;
    throw error;
  }
}
