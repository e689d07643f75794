/** containerd.services.tasks.v1.Tasks: each call goes to the shim of the task. */
import { invalidArgument, isKind, notFound } from '@drydock/rpc/errors';
import { type Process, Status } from '@drydock/rpc/generated/task_types';
import { Tasks } from '@drydock/rpc/generated/tasks';
import type { Metric } from '@drydock/rpc/generated/types';
import { type CallContext, type Implementation, implement } from '@drydock/rpc/service';
import { now } from '@drydock/rpc/timestamp';
import type { Logger } from '@drydock/telemetry/logger';
import type { ContentStore } from '../content/content-store.ts';
import type { ContainerStore } from '../metadata/containers.ts';
import { parseFilters } from '../metadata/filters.ts';
import { namespaceOf, validateIdentifier } from '../metadata/identifiers.ts';
import { checkpointTask, withCheckpoint } from '../tasks/checkpoint.ts';
import type { Shim } from '../tasks/shim.ts';
import type { TaskManager } from '../tasks/task-manager.ts';

export interface TasksParts {
  readonly tasks: TaskManager;
  readonly containers: ContainerStore;
  readonly content: ContentStore;
  readonly log: Logger;
}

/** Milliseconds that a shim has to say what state a process is in. */
const stateTimeout = 2000;

export function tasksService({ tasks, containers, content, log }: TasksParts): Implementation {
  /** The shim of a container's task; the container must be known. */
  const shimOf = (containerId: string, call: CallContext): Shim => {
    const namespace = namespaceOf(call);
    containers.require(namespace, containerId);
    return tasks.get(namespace, containerId);
  };
  return implement(Tasks, {
    create: async (request, call) => {
      const namespace = namespaceOf(call);
      const container = containers.get(namespace, request.containerId);
      const pid = await withCheckpoint(content, namespace, request, (checkpoint) =>
        tasks.create(namespace, container, { ...request, checkpoint }),
      );
      return { containerId: container.id, pid };
    },
    start: async ({ containerId: id, execId }, call) => {
      const { task } = shimOf(id, call);
      const { pid } = await task.start({ id, execId });
      return { pid: pid === 0 ? (await task.state({ id, execId })).pid : pid };
    },
    delete: async ({ containerId: id }, call) => {
      const { bundle } = shimOf(id, call);
      const { pid, exitStatus, exitedAt } = await tasks.delete(bundle.namespace, id);
      return { pid, exitStatus, exitedAt };
    },
    deleteProcess: async ({ containerId: id, execId }, call) => ({
      ...(await shimOf(id, call).task.delete({ id, execId })),
      id: execId,
    }),
    get: async ({ containerId, execId }, call) => ({
      process: await readProcess(shimOf(containerId, call), execId, log),
    }),
    list: async (_, call) => {
      const shims = tasks.list(namespaceOf(call));
      const found = await Promise.all(shims.map((shim) => readProcess(shim, '', log).catch(() => undefined)));
      return { tasks: found.filter((process) => process !== undefined) };
    },
    kill: ({ containerId: id, execId, signal, all }, call) => shimOf(id, call).task.kill({ id, execId, signal, all }),
    exec: ({ containerId: id, execId, ...request }, call) => {
      if (execId === '') throw invalidArgument('exec id cannot be empty');
      const { task } = shimOf(id, call);
      validateIdentifier(execId, `invalid exec id ${execId}`);
      return task.exec({ ...request, id, execId });
    },
    resizePty: ({ containerId: id, execId, width, height }, call) =>
      shimOf(id, call).task.resizePty({ id, execId, width, height }),
    closeIO: ({ containerId: id, execId, stdin }, call) => {
      const { task } = shimOf(id, call);
      return stdin ? task.closeIO({ id, execId, stdin }) : {};
    },
    pause: ({ containerId: id }, call) => shimOf(id, call).task.pause({ id }),
    resume: ({ containerId: id }, call) => shimOf(id, call).task.resume({ id }),
    listPids: ({ containerId: id }, call) => shimOf(id, call).task.pids({ id }),
    checkpoint: async ({ containerId, options }, call) => {
      const shim = shimOf(containerId, call);
      const container = containers.get(shim.bundle.namespace, containerId);
      return { descriptors: await checkpointTask({ shim, container, options, content, lease: call.lease }) };
    },
    update: ({ containerId: id, resources, annotations }, call) =>
      shimOf(id, call).task.update({ id, resources, annotations }),
    metrics: async ({ filters }, call) => {
      const namespace = namespaceOf(call);
      const filter = parseFilters(filters);
      const shims = tasks.list(namespace).filter(({ bundle: { id } }) =>
        filter(([field]) => {
          if (field === 'id') return id;
          return field === 'namespace' ? namespace : undefined;
        }),
      );
      const metrics = await Promise.all(shims.map((shim) => readMetric(shim, log)));
      return { metrics: metrics.filter((metric) => metric !== undefined) };
    },
    wait: async ({ containerId: id, execId }, call) => {
      const { exitStatus, exitedAt } = await shimOf(id, call).task.wait({ id, execId }, { signal: call.signal });
      return { exitStatus, exitedAt };
    },
  });
}

/** A process as clients see it; of unknown status if its shim does not say. */
async function readProcess({ task, bundle: { id } }: Shim, execId: string, log: Logger): Promise<Partial<Process>> {
  const name = execId === '' ? id : execId;
  try {
    const state = await task.state({ id, execId }, { timeoutMs: stateTimeout });
    const { pid, status, stdin, stdout, stderr, terminal, exitStatus, exitedAt } = state;
    return { id: name, pid, status, stdin, stdout, stderr, terminal, exitStatus, exitedAt };
  } catch (error) {
    if (isKind(error, 'not found')) throw error;
    if (isKind(error, 'unavailable')) throw notFound('not found');
    log.error({ err: error, id: name }, 'get state of process');
    return { id: name, status: Status.UNKNOWN };
  }
}

/** What a task uses; a task without a cgroup has nothing to say. */
async function readMetric({ task, bundle: { id } }: Shim, log: Logger): Promise<Partial<Metric> | undefined> {
  const timestamp = now();
  try {
    const { stats } = await task.stats({ id });
    return { timestamp, id, data: stats };
  } catch (error) {
    if (!isKind(error, 'not found')) log.error({ err: error, id }, 'collect metrics');
    return undefined;
  }
}
