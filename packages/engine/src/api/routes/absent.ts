/** Endpoints of Docker's that this engine does not serve: it says so, instead of answering as if it did. */
import { badParameter, notFound, notImplemented, unavailable } from '../../errors.ts';
import type { Endpoint } from '../context.ts';
import { sendJson } from '../reply.ts';

const noSwarm =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

const swarm = ['GET /swarm', 'POST /swarm/update', 'GET /swarm/unlockkey', 'POST /swarm/unlock',
  ...['nodes', 'services', 'tasks', 'secrets', 'configs'].flatMap((kind) => [`GET /${kind}`, `GET /${kind}/:name`, `POST /${kind}/create`, `DELETE /${kind}/:name`, `POST /${kind}/:name/update`]),
]; // biome-ignore format: a list

const missing: Readonly<Record<string, string>> = {
  'POST /build': 'building images',
  'POST /build/prune': 'building images',
  'POST /build/cancel': 'building images',
  'POST /grpc': 'BuildKit',
  'POST /commit': 'committing a container',
  'GET /images/search': 'searching a registry',
  'GET /containers/:name/attach/ws': 'attaching over a web socket',
  'GET /containers/:name/checkpoints': 'checkpoints',
  'POST /containers/:name/checkpoints': 'checkpoints',
  'POST /swarm/init': 'swarm mode',
  'POST /swarm/join': 'swarm mode',
  'POST /plugins/pull': 'plugins',
  'POST /plugins/create': 'plugins',
  'GET /plugins/privileges': 'plugins',
};

function endpoint(route: string, run: Endpoint['run']): Endpoint {
  const [method, path] = route.split(' ') as [Endpoint['method'], string];
  return { method, path, run };
}

export const absentEndpoints: readonly Endpoint[] = [
  ...swarm.map((route) => endpoint(route, () => { throw unavailable(noSwarm); })), // biome-ignore format: one line
  ...Object.entries(missing).map(([route, what]) =>
    endpoint(route, () => {
      throw notImplemented(`${what} is not supported by this engine yet`);
    }),
  ),
  endpoint('POST /session', ({ headers }) => {
    if (headers.upgrade === undefined) throw badParameter('no upgrade proto in request');
    throw notImplemented('BuildKit sessions are not supported by this engine yet');
  }),
  endpoint('POST /swarm/leave', () => {
    throw unavailable('This node is not part of a swarm');
  }),
  endpoint('GET /plugins', ({ reply }) => sendJson(reply, [])),
  endpoint('GET /plugins/:name/json', ({ name }) => {
    throw notFound(`plugin ${JSON.stringify(name)} not found`);
  }),
];
