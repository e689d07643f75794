/** `/containers/{id}/archive`, `/export` and `/changes`: files in and out of containers. */
import type { Readable } from 'node:stream';
import { copyIn, copyOut, type Named, statPath } from '../../containers/archive/copy.ts';
import { exportContainer } from '../../containers/archive/export.ts';
import type { PathStat } from '../../containers/archive/path-stat.ts';
import { containerChanges } from '../../containers/changes.ts';
import { badParameter } from '../../errors.ts';
import type { Context, Endpoint } from '../context.ts';
import { flag, text } from '../query.ts';
import { type BodyStream, sendEmpty, sendJson, startStream } from '../reply.ts';

const statHeader = 'x-docker-container-path-stat';

export const archiveEndpoints: readonly Endpoint[] = [
  {
    method: 'HEAD',
    path: '/containers/:name/archive',
    run: async (context) => {
      const stat = await statPath(context.engine, named(context), pathOf(context));
      return context.reply.header(statHeader, encode(stat)).send();
    },
  },
  {
    method: 'GET',
    path: '/containers/:name/archive',
    job: 'copy_out',
    run: (context) =>
      copyOut(context.engine, named(context), pathOf(context), (stat, content) =>
        pump(startStream(context.reply, 'application/x-tar', { [statHeader]: encode(stat) }), content),
      ),
  },
  {
    method: 'PUT',
    path: '/containers/:name/archive',
    job: 'copy_in',
    run: async (context) => {
      const { engine, body, query, reply } = context;
      await copyIn(engine, named(context), body, {
        path: pathOf(context),
        keepTypes: flag(query, 'noOverwriteDirNonDir'),
        copyOwner: flag(query, 'copyUIDGID'),
      });
      return sendEmpty(reply, 200);
    },
  },
  {
    method: 'GET',
    path: '/containers/:name/export',
    job: 'export',
    run: (context) =>
      exportContainer(context.engine, named(context).container, (content) =>
        pump(startStream(context.reply, 'application/octet-stream'), content),
      ),
  },
  {
    method: 'GET',
    path: '/containers/:name/changes',
    run: async (context) => {
      const changes = await containerChanges(context.engine, named(context).container);
      return sendJson(context.reply, changes.length > 0 ? changes : null);
    },
  },
];

function named({ engine, name }: Context): Named {
  return { container: engine.containers.find(name), name };
}

function pathOf({ query }: Context): string {
  const path = text(query, 'path') ?? '';
  if (path === '') throw badParameter('bad parameter: pathcannot be empty');
  return path;
}

function encode(stat: PathStat): string {
  return Buffer.from(JSON.stringify(stat)).toString('base64');
}

/** Sends a tar stream; one that fails midway is cut off, since its status has left already. */
async function pump(stream: BodyStream, content: Readable): Promise<void> {
  try {
    for await (const chunk of content) {
      if (stream.signal.aborted) break;
      await stream.write(chunk as Buffer);
    }
    stream.end();
  } catch (error) {
    stream.abort();
    throw error;
  }
}
