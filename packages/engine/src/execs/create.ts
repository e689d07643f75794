/** `POST /containers/{id}/exec`: notes down what is to be run. */
import type { z } from 'zod';
import type { ExecCreateBody } from '../api/schemas/exec.ts';
import type { Container } from '../containers/container.ts';
import { containerEvent } from '../containers/container-event.ts';
import { parseDetachKeys } from '../containers/stdio/detach-keys.ts';
import type { Engine } from '../engine.ts';
import { badParameter, conflict, notRunning } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Exec } from './exec.ts';

export function createExec(
  engine: Engine,
  { container, name }: { readonly container: Container; readonly name: string },
  body: z.output<typeof ExecCreateBody>,
): Exec {
  const command = body.Cmd ?? [];
  if (command.length === 0) throw badParameter('No exec command specified');
  checkReady(container, name);
  parseDetachKeys(body.DetachKeys);
  const exec = engine.execs.add({
    id: newId(),
    containerId: container.id,
    command,
    user: body.User || container.record.config.User,
    privileged: body.Privileged,
    terminal: body.Tty,
    attachStdin: body.AttachStdin,
    attachStdout: body.AttachStdout,
    attachStderr: body.AttachStderr,
    env: body.Env ?? [],
    workingDirectory: body.WorkingDir || container.record.config.WorkingDir || '/',
    detachKeys: body.DetachKeys,
    status: 'created',
    pid: 0,
    exitCode: null,
  });
  containerEvent(engine, container, `exec_create: ${command.join(' ')}`, { execID: exec.id });
  return exec;
}

/** Throws unless a process can be added to the container; `name` is how the client calls it. */
export function checkReady(container: Container, name: string): void {
  if (!container.isRunning) throw notRunning(container.id);
  if (container.isPaused) throw conflict(`Container ${name} is paused, unpause the container before exec`);
  if (container.state.status === 'restarting')
    throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
}
