/** `/containers/{id}/…`: start, stop, and all that changes a container. */
import { killContainer } from '../../containers/kill.ts';
import { pauseContainer, unpauseContainer } from '../../containers/pause.ts';
import { removeContainer } from '../../containers/remove.ts';
import { renameContainer } from '../../containers/rename.ts';
import { resize } from '../../containers/resize.ts';
import { restartContainer } from '../../containers/restart.ts';
import { parseSignal } from '../../containers/signals.ts';
import { startContainer } from '../../containers/start.ts';
import { type StopOptions, stopContainer } from '../../containers/stop.ts';
import { updateContainer } from '../../containers/update.ts';
import { EngineError, messageOf } from '../../errors.ts';
import type { Context, Endpoint } from '../context.ts';
import { flag, integer, type Query, text } from '../query.ts';
import { sendEmpty, sendJson } from '../reply.ts';
import { UpdateConfig } from '../schemas/host-config.ts';

/** An action on a container that answers 204. */
function action(
  verb: string,
  run: (context: Context, container: ReturnType<Context['engine']['containers']['find']>) => unknown,
): Endpoint {
  return {
    method: 'POST',
    path: `/containers/:name/${verb}`,
    job: verb,
    run: async (context) => {
      await run(context, context.engine.containers.find(context.name));
      return sendEmpty(context.reply, 204);
    },
  };
}

export const containerLifeEndpoints: readonly Endpoint[] = [
  action('start', ({ engine }, container) => startContainer(engine, container)),
  action('stop', ({ engine, query }, container) => stopContainer(engine, container, stopOptions(query))),
  action('restart', ({ engine, query }, container) => restartContainer(engine, container, stopOptions(query))),
  action('pause', ({ engine }, container) => pauseContainer(engine, container)),
  action('unpause', ({ engine }, container) => unpauseContainer(engine, container)),
  action('rename', ({ engine, query }, container) => renameContainer(engine, container, text(query, 'name') ?? '')),
  { method: 'POST', path: '/containers/:name/kill', job: 'kill', run: kill },
  {
    method: 'POST',
    path: '/containers/:name/resize',
    run: async ({ engine, name, query, reply }) => {
      const size = { height: integer(query, 'h') ?? 0, width: integer(query, 'w') ?? 0 };
      await resize(engine, engine.containers.find(name), size);
      return sendEmpty(reply, 200);
    },
  },
  {
    method: 'POST',
    path: '/containers/:name/update',
    job: 'update',
    run: async ({ engine, name, json, reply }) => {
      const container = engine.containers.find(name);
      const warnings = await updateContainer(engine, container, await json(UpdateConfig, 'server'));
      return sendJson(reply, { Warnings: warnings.length > 0 ? warnings : null });
    },
  },
  {
    method: 'DELETE',
    path: '/containers/:name',
    job: 'rm',
    run: async ({ engine, name, query, reply }) => {
      await removeContainer(engine, engine.containers.find(name), {
        force: flag(query, 'force'),
        volumes: flag(query, 'v'),
      });
      return sendEmpty(reply, 204);
    },
  },
];

async function kill({ engine, name, query, reply }: Context): Promise<unknown> {
  const signal = parseSignal(text(query, 'signal') || 'KILL');
  try {
    await killContainer(engine, engine.containers.find(name), signal);
  } catch (error) {
    // The name as it was asked for stands before the reason.
    if (error instanceof EngineError)
      throw new EngineError(error.kind, `Cannot kill container: ${name}: ${messageOf(error)}`, { cause: error });
    throw error;
  }
  return sendEmpty(reply, 204);
}

function stopOptions(query: Query): StopOptions {
  return { seconds: integer(query, 't'), signal: text(query, 'signal') };
}
