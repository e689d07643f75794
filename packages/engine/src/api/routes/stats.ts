/** `GET /containers/{id}/stats`. */
import { statsOnce, streamStats } from '../../containers/stats/stats.ts';
import type { Endpoint } from '../context.ts';
import { flag } from '../query.ts';
import { goJson, sendJson, startStream } from '../reply.ts';

export const statsEndpoint: Endpoint = {
  method: 'GET',
  path: '/containers/:name/stats',
  run: async ({ engine, name, query, reply }) => {
    const container = engine.containers.find(name);
    if (!flag(query, 'stream', true))
      return sendJson(reply, await statsOnce(engine, container, { oneShot: flag(query, 'one-shot') }));
    const stream = startStream(reply, 'application/json');
    for await (const stats of streamStats(engine, container, stream.signal)) await stream.write(`${goJson(stats)}\n`);
    return stream.end();
  },
};
