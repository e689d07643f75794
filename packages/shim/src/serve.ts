/**
 * The shim itself. Started by `start` or by drydock-supervisor, with the listening socket as fd 3; holds one container (or
 * a group), its exit status and its streams. What state it is in says who ends it:
 *
 *   spare      started ahead, no container assigned   its parent's end: the kernel tells
 *   waiting    no container created yet               `Shutdown`; nobody connected for `-idle-timeout`
 *   holding    a container, in whatever state         nobody: `Shutdown` does nothing, a supervisor may be away for ever
 *   empty      the last container deleted             `Shutdown`; nobody connected for `-idle-timeout`
 *   ending     told to end                            itself, when its last events have arrived or had their time
 *
 * SIGTERM and SIGINT end it in each: that is an order of the machine's administrator, after which the supervisor cleans up
 * with `delete`. An error that nobody has caught ends it in none.
 */
import { constants, existsSync, openSync, rmSync } from 'node:fs';
import { chdir } from 'node:process';
import { parentPid, setParentDeathSignal, setSubreaper } from '@drydock/linux/process';
import { boundPath } from '@drydock/linux/socket';
import { Shim } from '@drydock/rpc/generated/shim_extra';
import { Task } from '@drydock/rpc/generated/shim_task';
import { implement } from '@drydock/rpc/service';
import { now } from '@drydock/rpc/timestamp';
import { createLineLog } from '@drydock/telemetry/line-log';
import type { ShimArguments } from './arguments.ts';
import { raiseOomScore } from './cgroup/shim.ts';
import { forwarder } from './events/forward.ts';
import { programPublisher } from './events/publish-binary.ts';
import { openPublisher } from './events/publisher.ts';
import { type Exits, watchExits } from './exits.ts';
import { serversOf } from './servers.ts';
import { describeDescriptors, describeEvents, describeShim, watchEvents } from './state.ts';
import type { Container } from './task/container.ts';
import { taskService } from './task/service.ts';
import { setTitle } from './title.ts';
import { serve as listen } from './transport.ts';
import { trimWhenIdle } from './trim.ts';

/** Milliseconds that the last events have to arrive before the shim ends. */
const drainTimeout = 5000;
/** Milliseconds that gRPC clients have to take their answers before the shim ends. */
const answerTimeout = 500;
const sigterm = 15;
/** The descriptor that a shim gets its socket as. */
const listeningSocket = 3;
/** The same service as containerd 2.x calls it: only the name is another. */
const taskVersion3 = 'containerd.task.v3.Task';

/** Serves until it is told to end, or nobody needs it. */
export function serve(shim: ShimArguments): void {
  const { namespace, id, socket, spare, parent, idleTimeout } = shim;
  const owner = { namespace, id };
  const log = createLineLog('containerd-shim-drydock-v2', openLog());
  setSubreaper();
  raiseOomScore();
  if (spare && !endsWith(parent)) return;
  setTitle(namespace, spare ? '' : id);

  const exits = watchExits();
  const containers = new Map<string, Container>();
  const creating = new Set<string>();
  const { send, eventsTo } = openSender(shim, () => owner.namespace, exits);
  const publisher = openPublisher(send);
  const described = { owner, startedAt: now(), containers, publisher, eventsTo };
  // Asked now: the bundle, or another shim's socket, may be in its place later.
  const path = socket || boundPath(listeningSocket);
  const ending = new AbortController();
  const end = async (): Promise<void> => {
    rmSync(path, { force: true });
    ending.abort();
    await Promise.all([publisher.drain(drainTimeout), servers.finish(answerTimeout)]);
    process.exit(0);
  };
  const endIfEmpty = (): void => {
    if (creating.size > 0) setTimeout(endIfEmpty, idleTimeout);
    else if (containers.size === 0) void end();
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
  process.on('SIGPIPE', () => {});
  process.on('SIGUSR1', () => log.info('state', { ...describeShim(described) }));
  process.on('uncaughtException', (error) => log.error(error.message, { stack: error.stack }));
  process.on('unhandledRejection', (error) => log.error(String(error), { stack: (error as Error)?.stack }));

  const task = taskService({
    containers,
    creating,
    namespace: () => owner.namespace,
    exits,
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
    state: () => describeShim(described),
    events: () => ({ events: describeEvents(publisher) }),
    watch: (_request, { signal }) => watchEvents(publisher, AbortSignal.any([signal, ending.signal])),
    descriptors: () => ({ descriptors: describeDescriptors() }),
  });
  if (socket !== '') rmSync(socket, { force: true });
  const tasks = [Task, { ...Task, name: taskVersion3 }].map((service) => implement(service, task));
  const servers = serversOf([...tasks, extra]);
  listen(socket || { fd: listeningSocket }, servers, {
    opened: () => publisher.retry(),
    // A spare is trimmed when it has its container: until then it shall be quick.
    received: trimWhenIdle(),
    idle: endIfEmpty,
    idleTimeout,
  });
}

/** Where events go: to the ttrpc socket that the environment names, else by the program that the arguments name. */
function openSender(shim: ShimArguments, namespace: () => string, exits: Exits) {
  const { address, publishBinary: binary } = shim;
  const { TTRPC_ADDRESS: path } = process.env;
  if (!path && binary !== '')
    return { send: programPublisher({ binary, address }, namespace, exits), eventsTo: binary };
  const eventsTo = path || `${address}.ttrpc`;
  return { send: forwarder(eventsTo, namespace), eventsTo };
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
