/** The task service: containerd.task.v2.Task over the containers that this shim holds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packAny } from '@drydock/rpc/any';
import { notFound, RpcError } from '@drydock/rpc/errors';
import {
  TaskCreate,
  TaskDelete,
  TaskExecAdded,
  TaskExecStarted,
  TaskExit,
  TaskOOM,
  TaskPaused,
  TaskResumed,
  TaskStart,
} from '@drydock/rpc/generated/event_payloads';
import type { Any } from '@drydock/rpc/generated/google';
import { ProcessDetails } from '@drydock/rpc/generated/runc_options';
import type { Task } from '@drydock/rpc/generated/shim_task';
import { Status } from '@drydock/rpc/generated/task_types';
import type { Handlers } from '@drydock/rpc/service';
import type { LineLog } from '@drydock/telemetry/line-log';
import { readMetrics } from '../cgroup/metrics.ts';
import { oomKills } from '../cgroup/oom.ts';
import { processesIn } from '../cgroup/paths.ts';
import { joinShimCgroup } from '../cgroup/shim.ts';
import type { Publisher } from '../events/publisher.ts';
import type { Exit, Exits } from '../exits.ts';
import { readOptions } from '../options.ts';
import { sharesPidNamespace } from './bundle.ts';
import { Container } from './container.ts';
import type { TaskProcess } from './process.ts';

export interface TaskServiceOptions {
  /** The containers that the shim holds, by id: filled and emptied here. */
  readonly containers: Map<string, Container>;
  /** Ids of containers whose creation is under way. */
  readonly creating: Set<string>;
  readonly namespace: () => string;
  readonly exits: Exits;
  readonly publisher: Publisher;
  readonly log: LineLog;
  /** Called when the last container is gone and the supervisor says so. */
  readonly shutDown: () => void;
}

/** The handlers of the service. */
export function taskService(options: TaskServiceOptions): Handlers<typeof Task> {
  const { containers, creating, namespace, exits, publisher, log, shutDown } = options;

  const find = (id: string): Container => {
    const container = containers.get(id);
    if (container === undefined) throw notFound('container not created: not found');
    return container;
  };

  const onOom = (container: Container): void => {
    container.oomsTold += 1;
    publisher.publish('/tasks/oom', packAny(TaskOOM, { containerId: container.id }));
  };

  /** Ends the processes of a container that has its pid namespace with others: they outlive its init. */
  const killOthers = ({ id, runtime }: Container): Promise<unknown> =>
    runtime
      .run(['kill', '--all', id, '9'], { failure: 'OCI runtime killall failed' })
      .catch((error: Error) => log.error(`processes of init's pid namespace: ${error.message}`, { id }));

  const onExit = (container: Container, process: TaskProcess, { exitStatus, exitedAt }: Exit): void => {
    const { id } = container;
    if (process === container.init) {
      if (oomKills(container.cgroups) > container.oomsTold) onOom(container);
      try {
        // The status outlives the shim: `delete` tells it to a supervisor that was not there.
        const known = { pid: process.pid, exitStatus, exitedAt };
        writeFileSync(join(container.bundle, 'init.exit'), JSON.stringify(known));
        if (sharesPidNamespace(container.bundle)) void killOthers(container);
      } catch (error) {
        // Whatever has become of the bundle, the exit is told.
        log.error(`exit of init: ${(error as Error).message}`, { id });
      }
    }
    const exit = { containerId: id, id: process.execId || id, pid: process.pid, exitStatus, exitedAt };
    publisher.publish('/tasks/exit', packAny(TaskExit, exit));
  };

  const joinOwnCgroup = (options: Any | undefined): void => {
    const { shimCgroup } = readOptions(options);
    if (shimCgroup !== '') joinShimCgroup(shimCgroup, process.pid);
  };

  return {
    create: async (request) => {
      if (containers.has(request.id) || creating.has(request.id))
        throw new RpcError('unknown', 'OCI runtime create failed: container with given ID already exists');
      creating.add(request.id);
      try {
        if (containers.size === 0) joinOwnCgroup(request.options);
        const container = await Container.create(request, { namespace: namespace(), exits, onOom, onExit });
        containers.set(request.id, container);
        const { id, bundle, rootfs, checkpoint, stdin, stdout, stderr, terminal } = request;
        const { pid } = container.init;
        const io = { stdin, stdout, stderr, terminal };
        publisher.publish(
          '/tasks/create',
          packAny(TaskCreate, { containerId: id, bundle, rootfs, io, checkpoint, pid }),
        );
        return { pid };
      } finally {
        creating.delete(request.id);
      }
    },

    start: async ({ id, execId }) => {
      const container = find(id);
      if (execId === '') {
        await container.start();
        const { pid } = container.init;
        publisher.publish('/tasks/start', packAny(TaskStart, { containerId: id, pid }));
        return { pid };
      }
      await container.startExec(execId);
      const { pid } = container.process(execId);
      publisher.publish('/tasks/exec-started', packAny(TaskExecStarted, { containerId: id, execId, pid }));
      return { pid };
    },

    delete: async ({ id, execId }) => {
      const container = find(id);
      if (execId !== '') {
        const process = await container.deleteExec(execId);
        return { pid: process.pid, ...process.exitFields };
      }
      const { pid, exitFields } = await container.delete();
      containers.delete(id);
      publisher.publish('/tasks/delete', packAny(TaskDelete, { containerId: id, pid, ...exitFields }));
      return { pid, ...exitFields };
    },

    exec: (request) => {
      find(request.id).addExec(request);
      const { id: containerId, execId } = request;
      publisher.publish('/tasks/exec-added', packAny(TaskExecAdded, { containerId, execId }));
      return {};
    },

    state: ({ id, execId }) => {
      const container = find(id);
      const process = container.process(execId);
      const paused = process.running && container.init.status === Status.PAUSED;
      return {
        id,
        bundle: container.bundle,
        pid: process.pid,
        status: paused ? Status.PAUSED : process.status,
        ...process.paths,
        ...process.exitFields,
        execId,
      };
    },

    kill: async ({ id, execId, signal, all }) => {
      await find(id).kill(execId, signal, all);
      return {};
    },

    pause: async ({ id }) => {
      await find(id).pause();
      publisher.publish('/tasks/paused', packAny(TaskPaused, { containerId: id }));
      return {};
    },

    resume: async ({ id }) => {
      await find(id).resume();
      publisher.publish('/tasks/resumed', packAny(TaskResumed, { containerId: id }));
      return {};
    },

    update: async ({ id, resources }) => {
      await find(id).update(Buffer.from(resources?.value ?? []).toString());
      return {};
    },

    wait: async ({ id, execId }) => find(id).process(execId).exited,

    pids: ({ id }) => {
      const container = find(id);
      const execs = new Map([...container.execs.values()].map(({ pid, execId }) => [pid, execId]));
      return {
        processes: processesIn(container.cgroups).map((pid) => {
          const execId = execs.get(pid);
          return { pid, info: execId === undefined ? undefined : packAny(ProcessDetails, { execId }) };
        }),
      };
    },

    stats: ({ id }) => ({ stats: readMetrics(find(id).cgroups) }),

    resizePty: ({ id, execId, width, height }) => {
      find(id).process(execId).resize(width, height);
      return {};
    },

    closeIO: ({ id, execId, stdin }) => {
      if (stdin) find(id).process(execId).closeStdin();
      return {};
    },

    checkpoint: async ({ id, path, options }) => {
      await find(id).checkpoint(path, options);
      return {};
    },

    connect: ({ id }) => ({ shimPid: process.pid, taskPid: containers.get(id)?.init.pid ?? 0, version: '' }),

    shutdown: () => {
      if (containers.size === 0 && creating.size === 0) shutDown();
      return {};
    },
  };
}
