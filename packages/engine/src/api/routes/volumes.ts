/** `/volumes`. */
import { z } from 'zod';
import { compareVersions } from '../../version.ts';
import { describeVolume } from '../../volumes/describe.ts';
import {
  createVolume,
  listVolumes,
  pruneVolumes,
  removeVolume,
  volumeFilterKeys,
  volumePruneFilterKeys,
} from '../../volumes/operations.ts';
import type { Endpoint } from '../context.ts';
import { filters, flag } from '../query.ts';
import { sendEmpty, sendJson } from '../reply.ts';
import { goObject, map, text } from '../schemas/go.ts';

const CreateVolumeBody = goObject('volume.VolumeCreateBody', {
  Name: text(),
  Driver: text(),
  DriverOpts: map(z.string()),
  Labels: map(z.string()),
});

export const volumeEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/volumes',
    run: ({ engine, query, reply }) =>
      sendJson(reply, {
        Volumes: listVolumes(engine, filters(query, volumeFilterKeys)).map(describeVolume),
        Warnings: null,
      }),
  },
  {
    method: 'GET',
    path: '/volumes/:name',
    run: ({ engine, name, reply }) => sendJson(reply, describeVolume(engine.volumes.find(name))),
  },
  {
    method: 'POST',
    path: '/volumes/create',
    job: 'volume_create',
    run: async ({ engine, json, reply }) => {
      const { Name: name, Driver: driver, DriverOpts: options, Labels: labels } = await json(CreateVolumeBody);
      return sendJson(reply, describeVolume(createVolume(engine, { name, driver, options, labels })), 201);
    },
  },
  {
    method: 'POST',
    path: '/volumes/prune',
    job: 'volume_prune',
    run: ({ engine, query, version, reply }) =>
      sendJson(
        reply,
        pruneVolumes(engine, filters(query, volumePruneFilterKeys), {
          anonymousOnly: compareVersions(version, '1.42') >= 0,
        }),
      ),
  },
  {
    method: 'DELETE',
    path: '/volumes/:name',
    job: 'volume_rm',
    run: ({ engine, name, query, reply }) => {
      removeVolume(engine, name, { force: flag(query, 'force') });
      return sendEmpty(reply, 204);
    },
  },
];
