/** containerd.services.tasks.v1.Tasks: each call goes to the shim of the task. */
import { invalidArgument, isKind, notFound, RpcError } from '@drydock/rpc/errors';
import { type Process, Status } from '@drydock/rpc/generated/task_types';
import { Tasks } from '@drydock/rpc/generated/tasks';
import type { Metric } from '@drydock/rpc/generated/types';
import { type CallContext, type CallOptions, type Implementation, implement } from '@drydock/rpc/service';
import { now } from '@drydock/rpc/timestamp';
import type { Logger } from '@drydock/telemetry/logger';
import type { ContentStore } from '../content/content-store.ts';
import type { ContainerStore } from '../metadata/containers.ts';
import { parseFilters } from '../metadata/filters.ts';
import { namespaceOf, validateIdentifier } from '../metadata/identifiers.ts';
import { checkpointTask, withCheckpoint } from '../tasks/checkpoint.ts';
import type { Deadlines } from '../tasks/deadlines.ts';
import type { Shim } from '../tasks/shim.ts';
import type { TaskManager } from '../tasks/task-manager.ts';
import { translateErrors } from './errors.ts';

export interface TasksParts {
  readonly tasks: TaskManager;
  readonly containers: ContainerStore;
  readonly content: ContentStore;
  readonly deadlines: Deadlines;
  readonly log: Logger;
}

export function tasksService({ tasks, containers, content, deadlines, log }: TasksParts): Implementation {
  /** The shim of a container's task; the container must be known. */
  const shimOf = (containerId: string, call: CallContext): Shim => {
    const namespace = namespaceOf(call);
    containers.require(namespace, containerId);
    return tasks.get(namespace, containerId);
  };
  /** A process as clients see it; of unknown status if its shim does not say. */
  const readProcess = async ({ task, bundle }: Shim, execId: string): Promise<Partial<Process>> => {
    const { namespace, id } = bundle;
    const name = execId === '' ? id : execId;
    try {
      const state = await deadlines.within(
        'io.containerd.timeout.task.state',
        `State of ${namespace}/${id} from its shim`,
        (options) => task.state({ id, execId }, options),
      );
      const { pid, status, stdin, stdout, stderr, terminal, exitStatus, exitedAt } = state;
      return { id: name, pid, status, stdin, stdout, stderr, terminal, exitStatus, exitedAt };
    } catch (error) {
      if (isKind(error, 'not found')) throw error;
      if (isKind(error, 'unavailable')) throw notFound('not found');
      log.error({ err: error, id: name }, 'get state of process');
      return { id: name, status: Status.UNKNOWN };
    }
  };

  /** What a task uses; a task without a cgroup has nothing to say. */
  const readMetric = async (
    { task, bundle: { id } }: Shim,
    call: CallContext,
  ): Promise<Partial<Metric> | undefined> => {
    const timestamp = now();
    try {
      const { stats } = await task.stats({ id }, during(call));
      return { timestamp, id, data: stats };
    } catch (error) {
      if (!isKind(error, 'not found')) log.error({ err: error, id }, 'collect metrics');
      return undefined;
    }
  };

  const service = implement(Tasks, {
    create: async (request, call) => {
      const namespace = namespaceOf(call);
      const container = containers.get(namespace, request.containerId);
      const pid = await withCheckpoint(content, namespace, request, (checkpoint) =>
        tasks.create(namespace, container, { ...request, checkpoint }, call.signal),
      );
      return { containerId: container.id, pid };
    },
    start: async ({ containerId: id, execId }, call) => {
      const { task } = shimOf(id, call);
      const { pid } = await task.start({ id, execId }, during(call));
      return { pid: pid === 0 ? (await task.state({ id, execId }, during(call))).pid : pid };
    },
    delete: async ({ containerId: id }, call) => {
      const { bundle } = shimOf(id, call);
      const { pid, exitStatus, exitedAt } = await tasks.delete(bundle.namespace, id, call.signal);
      return { pid, exitStatus, exitedAt };
    },
    deleteProcess: async ({ containerId: id, execId }, call) => ({
      ...(await shimOf(id, call).task.delete({ id, execId }, during(call))),
      id: execId,
    }),
    get: async ({ containerId, execId }, call) => ({
      process: await readProcess(shimOf(containerId, call), execId),
    }),
    list: async (_, call) => {
      const shims = tasks.list(namespaceOf(call));
      const found = await Promise.all(shims.map((shim) => readProcess(shim, '').catch(() => undefined)));
      return { tasks: found.filter((process) => process !== undefined) };
    },
    kill: ({ containerId: id, execId, signal, all }, call) =>
      shimOf(id, call).task.kill({ id, execId, signal, all }, during(call)),
    exec: ({ containerId: id, execId, ...request }, call) => {
      if (execId === '') throw invalidArgument('exec id cannot be empty');
      const { task } = shimOf(id, call);
      validateIdentifier(execId, `invalid exec id ${execId}`);
      return task.exec({ ...request, id, execId }, during(call));
    },
    resizePty: ({ containerId: id, execId, width, height }, call) =>
      shimOf(id, call).task.resizePty({ id, execId, width, height }, during(call)),
    closeIO: ({ containerId: id, execId, stdin }, call) => {
      const { task } = shimOf(id, call);
      return stdin ? task.closeIO({ id, execId, stdin }, during(call)) : {};
    },
    pause: ({ containerId: id }, call) => shimOf(id, call).task.pause({ id }, during(call)),
    resume: ({ containerId: id }, call) => shimOf(id, call).task.resume({ id }, during(call)),
    listPids: ({ containerId: id }, call) => shimOf(id, call).task.pids({ id }, during(call)),
    checkpoint: async ({ containerId, options }, call) => {
      const shim = shimOf(containerId, call);
      const container = containers.get(shim.bundle.namespace, containerId);
      return {
        descriptors: await checkpointTask({
          shim,
          container,
          options,
          content,
          lease: call.lease,
          signal: call.signal,
        }),
      };
    },
    update: ({ containerId: id, resources, annotations }, call) =>
      shimOf(id, call).task.update({ id, resources, annotations }, during(call)),
    metrics: async ({ filters }, call) => {
      const namespace = namespaceOf(call);
      const filter = parseFilters(filters);
      const shims = tasks.list(namespace).filter(({ bundle: { id } }) =>
        filter(([field]) => {
          if (field === 'id') return id;
          return field === 'namespace' ? namespace : undefined;
        }),
      );
      const metrics = await Promise.all(shims.map((shim) => readMetric(shim, call)));
      return { metrics: metrics.filter((metric) => metric !== undefined) };
    },
    wait: async ({ containerId: id, execId }, call) => {
      const { exitStatus, exitedAt } = await shimOf(id, call).task.wait({ id, execId }, during(call));
      return { exitStatus, exitedAt };
    },
  });
  return translateErrors(service, asClientsKnow);
}

/** A shim that has died is no server that may be back: clients are told of an unknown error, as containerd does. */
function asClientsKnow(error: unknown): unknown {
  return isKind(error, 'unavailable') ? new RpcError('unknown', error.message, { cause: error }) : error;
}

/** A call of a shim lasts no longer than the client waits for it. */
function during({ signal }: CallContext): CallOptions {
  return { signal };
}
