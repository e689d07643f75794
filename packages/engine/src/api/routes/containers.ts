/** `/containers`: creating, listing, looking. */

import { formatPlatform, parsePlatform, platformMatches } from '@drydock/oci/platform';
import { createContainer } from '../../containers/create.ts';
import { inspectContainer } from '../../containers/inspect.ts';
import { containerFilterKeys, listContainers } from '../../containers/list.ts';
import { containerPruneFilterKeys, pruneContainers } from '../../containers/prune.ts';
import { topContainer } from '../../containers/top.ts';
import { badParameter, notFound } from '../../errors.ts';
import type { Context, Endpoint } from '../context.ts';
import { filters, flag, integer, text } from '../query.ts';
import { sendJson } from '../reply.ts';
import { CreateBody } from '../schemas/create.ts';

export const containerEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/containers/create', job: 'create', run: create },
  {
    method: 'GET',
    path: '/containers/json',
    run: async ({ engine, query, reply }) =>
      sendJson(
        reply,
        await listContainers(engine, {
          all: flag(query, 'all'),
          limit: integer(query, 'limit') ?? 0,
          size: flag(query, 'size'),
          filters: filters(query, containerFilterKeys),
        }),
      ),
  },
  {
    method: 'GET',
    path: '/containers/:name/json',
    run: async ({ engine, name, query, reply }) =>
      sendJson(reply, await inspectContainer(engine, engine.containers.find(name), { size: flag(query, 'size') })),
  },
  {
    method: 'GET',
    path: '/containers/:name/top',
    run: async ({ engine, name, query, reply }) =>
      sendJson(reply, await topContainer(engine, engine.containers.find(name), text(query, 'ps_args') || '-ef')),
  },
  {
    method: 'POST',
    path: '/containers/prune',
    job: 'container_prune',
    run: async ({ engine, query, reply }) =>
      sendJson(reply, await pruneContainers(engine, filters(query, containerPruneFilterKeys))),
  },
];

async function create({ engine, query, json, reply }: Context): Promise<unknown> {
  const body = await json(CreateBody, 'server');
  checkPlatform(engine, body.Image, text(query, 'platform') ?? '');
  const name = text(query, 'name')?.replace(/^\//, '');
  const { container, warnings } = await createContainer(engine, { body, name: name === '' ? undefined : name });
  return sendJson(reply, { Id: container.id, Warnings: warnings }, 201);
}

/** An image for another platform is as good as none. */
function checkPlatform({ images }: Context['engine'], name: string, text: string): void {
  if (text === '') return;
  const platform = parsePlatform(text);
  if (platform === undefined)
    throw badParameter(`"${text}": unknown operating system or architecture: invalid argument`);
  const image = images.lookup(name);
  if (image === undefined) return;
  const { os, architecture, variant } = image.config;
  const offered = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  if (!platformMatches(platform, offered))
    throw notFound(
      `image with reference ${name} was found but its platform (${formatPlatform(offered)}) does not match the specified platform (${formatPlatform(platform)})`,
    );
}
