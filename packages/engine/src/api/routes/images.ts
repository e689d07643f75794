/** `/images`: looking at images, naming and removing them. */

import { EngineError, messageOf, notFound } from '../../errors.ts';
import { imageHistory } from '../../images/history.ts';
import { inspectImage } from '../../images/inspect.ts';
import { imageFilterKeys, listImages } from '../../images/list.ts';
import { imagePruneFilterKeys, pruneImages } from '../../images/prune.ts';
import { removeImage } from '../../images/remove.ts';
import { tagImage } from '../../images/tag.ts';
import { compareVersions } from '../../version.ts';
import type { Context, Endpoint } from '../context.ts';
import { filters, flag, text } from '../query.ts';
import { sendEmpty, sendJson } from '../reply.ts';

export const imageEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/images/json', run: list },
  {
    method: 'GET',
    path: '/images/:name/json',
    run: ({ engine, name, version, reply }) => {
      try {
        return sendJson(reply, inspectImage(engine, engine.images.find(name), version));
      } catch (error) {
        if (error instanceof EngineError && error.kind === 'not found')
          throw notFound(`no such image: ${name}: ${messageOf(error)}`);
        throw error;
      }
    },
  },
  {
    method: 'GET',
    path: '/images/:name/history',
    run: ({ engine, name, reply }) => sendJson(reply, imageHistory(engine, engine.images.find(name))),
  },
  {
    method: 'POST',
    path: '/images/:name/tag',
    job: 'image_tag',
    run: async ({ engine, name, query, reply }) => {
      await tagImage(engine, name, text(query, 'repo') ?? '', text(query, 'tag') ?? '');
      return sendEmpty(reply, 201);
    },
  },
  {
    method: 'DELETE',
    path: '/images/:name',
    job: 'image_rm',
    run: async ({ engine, name, query, reply }) =>
      sendJson(reply, await removeImage(engine, name, { force: flag(query, 'force') })),
  },
  {
    method: 'POST',
    path: '/images/prune',
    job: 'image_prune',
    run: async ({ engine, query, reply }) =>
      sendJson(reply, await pruneImages(engine, filters(query, imagePruneFilterKeys))),
  },
];

function list({ engine, query, version, reply }: Context): unknown {
  const images = listImages(engine, filters(query, imageFilterKeys));
  // Newer clients know the one size only, and empty lists where there was null.
  if (compareVersions(version, '1.44') < 0) return sendJson(reply, images);
  return sendJson(
    reply,
    images.map(({ VirtualSize: _, ...image }) => ({
      ...image,
      RepoTags: real(image.RepoTags),
      RepoDigests: real(image.RepoDigests),
    })),
  );
}

function real(names: readonly string[] | null): readonly string[] {
  return (names ?? []).filter((name) => !name.startsWith('<none>'));
}
