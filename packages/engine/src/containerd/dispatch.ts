/** Hands containerd's events to those whom they concern. */
import { unpackAny } from '@drydock/rpc/any';
import { TaskExit, TaskOOM, TaskPaused, TaskResumed } from '@drydock/rpc/generated/event_payloads';
import type { Envelope } from '@drydock/rpc/generated/events';
import { ImageCreate, ImageDelete, ImageUpdate } from '@drydock/rpc/generated/images';
import { formatTimestamp } from '@drydock/rpc/timestamp';
import { containerEvent } from '../containers/container-event.ts';
import { containerExited } from '../containers/exit.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { execExited } from '../execs/exit.ts';

type Handler = (engine: Engine, event: NonNullable<Envelope['event']>) => Promise<void> | void;

const handlers: Readonly<Record<string, Handler>> = {
  '/tasks/exit': (engine, event) => exited(engine, unpackAny(TaskExit, event)),
  '/tasks/oom': (engine, event) => outOfMemory(engine, unpackAny(TaskOOM, event).containerId),
  '/tasks/paused': (engine, event) => setPaused(engine, unpackAny(TaskPaused, event).containerId, true),
  '/tasks/resumed': (engine, event) => setPaused(engine, unpackAny(TaskResumed, event).containerId, false),
  '/images/create': (engine, event) => engine.images.refresh(unpackAny(ImageCreate, event).name),
  '/images/update': (engine, event) => engine.images.refresh(unpackAny(ImageUpdate, event).name),
  '/images/delete': (engine, event) => engine.images.refresh(unpackAny(ImageDelete, event).name),
};

/** Takes one event. What goes wrong with it is logged: the next one must be taken all the same. */
export function dispatch(engine: Engine, { topic, event }: Envelope): void {
  const handler = handlers[topic];
  if (handler === undefined || event === undefined) return;
  Promise.resolve()
    .then(() => handler(engine, event))
    .catch((error: unknown) => engine.logger.error({ topic, error: messageOf(error) }, 'event could not be handled'));
}

async function exited(engine: Engine, { containerId, id, pid, exitStatus, exitedAt }: TaskExit): Promise<void> {
  const container = engine.containers.byId(containerId);
  if (container === undefined) return;
  if (id === containerId || id === '')
    return containerExited(engine, container, { pid, exitStatus, exitedAt: exitedAt && formatTimestamp(exitedAt) });
  const exec = engine.execs.byId(id);
  if (exec !== undefined) await execExited(engine, exec, exitStatus);
}

function outOfMemory(engine: Engine, id: string): void {
  const container = engine.containers.byId(id);
  if (container === undefined) return;
  container.oomSeen = true;
  containerEvent(engine, container, 'oom');
}

/** Somebody else, such as ctr, paused or resumed the task. */
function setPaused(engine: Engine, id: string, paused: boolean): Promise<void> | undefined {
  const container = engine.containers.byId(id);
  return container?.lock.run(() => {
    const { status } = container.state;
    if (status === (paused ? 'running' : 'paused')) container.setState({ status: paused ? 'paused' : 'running' });
  });
}
