/** Execs: create, inspect, resize. Starting one is in exec-start.ts. */
import { resize } from '../../containers/resize.ts';
import { conflict, noSuchContainer } from '../../errors.ts';
import { createExec } from '../../execs/create.ts';
import { inspectExec } from '../../execs/inspect.ts';
import type { Endpoint } from '../context.ts';
import { integer } from '../query.ts';
import { sendEmpty, sendJson } from '../reply.ts';
import { ExecCreateBody } from '../schemas/exec.ts';
import { execStartEndpoint } from './exec-start.ts';

export const execEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/containers/:name/exec',
    job: 'exec_create',
    run: async ({ engine, name, json, reply }) => {
      const container = engine.containers.find(name);
      return sendJson(reply, { Id: createExec(engine, { container, name }, await json(ExecCreateBody)).id }, 201);
    },
  },
  execStartEndpoint,
  {
    method: 'GET',
    path: '/exec/:name/json',
    run: ({ engine, name, reply }) => sendJson(reply, inspectExec(engine.execs.find(name))),
  },
  {
    method: 'POST',
    path: '/exec/:name/resize',
    run: async ({ engine, name, query, reply }) => {
      const exec = engine.execs.find(name);
      const size = { height: integer(query, 'h') ?? 0, width: integer(query, 'w') ?? 0 };
      const container = engine.containers.byId(exec.record.containerId);
      if (container === undefined) throw noSuchContainer(exec.record.containerId);
      // The client tries again a little later.
      if (exec.record.pid === 0) throw conflict(`exec ${exec.id} has not started yet`);
      await resize(engine, container, size, exec.id);
      return sendEmpty(reply, 200);
    },
  },
];
