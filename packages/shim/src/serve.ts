/**
 * The shim itself. Started by `start` or by drydock-supervisor, with the listening socket as fd 3; holds one container (or
 * a group), its exit status and its streams; ends when the supervisor says `Shutdown` after the last container is gone.
 * A spare shim has no container yet: it ends with its parent, until `Assign` gives it one.
 */

import { constants, existsSync, openSync, rmSync } from 'node:fs';
import { chdir } from 'node:process';
import { parentPid, setParentDeathSignal, setSubreaper } from '@drydock/linux/process';
import { boundPath } from '@drydock/linux/socket';
import { Shim } from '@drydock/rpc/generated/shim_extra';
import { Task } from '@drydock/rpc/generated/shim_task';
import { implement } from '@drydock/rpc/service';
import { createLineLog } from '@drydock/telemetry/line-log';
import type { ShimArguments } from './arguments.ts';
import { raiseOomScore } from './cgroup/shim.ts';
import { openPublisher } from './events/publisher.ts';
import { watchExits } from './exits.ts';
import { taskService } from './task/service.ts';
import { setTitle } from './title.ts';
import { serve as listen } from './transport.ts';

/** Milliseconds that the last events have to arrive before the shim ends. */
const drainTimeout = 5000;
const sigterm = 15;
/** The descriptor that a shim gets its socket as. */
const listeningSocket = 3;
/** The same service as containerd 2.x calls it: only the name is another. */
const taskVersion3 = 'containerd.task.v3.Task';

/** Serves until it is told to end. */
export function serve({ namespace, id, address, socket, spare, parent }: ShimArguments): void {
  const owner = { namespace, id };
  const log = createLineLog('containerd-shim-drydock-v2', openLog());
  setSubreaper();
  raiseOomScore();
  if (spare && !endsWith(parent)) return;
  setTitle(namespace, spare ? '' : id);

  const publisher = openPublisher(process.env.TTRPC_ADDRESS ?? (address && `${address}.ttrpc`), () => owner.namespace);
  // Asked now: the bundle, or another shim's socket, may be in its place later.
  const path = socket || boundPath(listeningSocket);
  const end = async (): Promise<void> => {
    rmSync(path, { force: true });
    await publisher.drain(drainTimeout);
    process.exit(0);
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
  process.on('SIGPIPE', () => {});
  process.on('uncaughtException', (error) => log.error(error.message, { stack: error.stack }));
  process.on('unhandledRejection', (error) => log.error(String(error), { stack: (error as Error)?.stack }));

  const task = taskService({
    namespace: () => owner.namespace,
    exits: watchExits(),
    publisher,
    log,
    shutDown: () => setImmediate(() => void end()),
  });
  const extra = implement(Shim, {
    assign: (request) => {
      Object.assign(owner, { namespace: request.namespace, id: request.id });
      chdir(request.bundle);
      setParentDeathSignal(0);
      setTitle(request.namespace, request.id);
      return {};
    },
  });
  if (socket !== '') rmSync(socket, { force: true });
  const tasks = [Task, { ...Task, name: taskVersion3 }].map((service) => implement(service, task));
  listen(socket || { fd: listeningSocket }, [...tasks, extra]);
}

/** Ends this process with its parent. False if that is gone already: the signal tells of no death before it was asked for. */
function endsWith(parent: number): boolean {
  setParentDeathSignal(sigterm);
  return parent === 0 || parentPid() === parent;
}

/** The supervisor's log FIFO in the bundle, if somebody reads it; else stderr. */
function openLog(): number {
  try {
    return existsSync('log') ? openSync('log', constants.O_WRONLY | constants.O_NONBLOCK) : 2;
  } catch {
    return 2;
  }
}
