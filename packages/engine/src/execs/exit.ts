/** What happens when an exec's process has ended. */
import { isKind } from '@drydock/rpc/errors';
import { containerEvent } from '../containers/container-event.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import type { Exec } from './exec.ts';

const drainMilliseconds = 2000;

/** Takes note of the exit: its output is completed, then the exit code is there to be asked for. */
export async function execExited(engine: Engine, exec: Exec, exitStatus: number): Promise<void> {
  if (exec.record.status !== 'running') return;
  const { containerId } = exec.record;
  await exec.io?.drain(drainMilliseconds);
  exec.io?.close();
  exec.io = undefined;
  if (exec.record.status !== 'running') return;
  exec.update({ status: 'ended', exitCode: exitStatus, pid: 0 });
  exec.streams.endRun();
  const container = engine.containers.byId(containerId);
  if (container !== undefined)
    containerEvent(engine, container, 'exec_die', { execID: exec.id, exitCode: String(exitStatus) });
  engine.execs.forgetLater(exec.id);
  await engine.containerd.tasks.deleteProcess({ containerId, execId: exec.id }).catch((error: unknown) => {
    if (!isKind(error, 'not found'))
      engine.logger.debug({ exec: exec.id, error: messageOf(error) }, 'exec could not be removed');
  });
}
