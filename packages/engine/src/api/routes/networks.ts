/** `/networks`: `host` and `none` can be looked at; what needs a bridge is refused by name. */
import { badParameter, forbidden, notImplemented } from '../../errors.ts';
import { findNetwork, inspectNetwork, listNetworks } from '../../networks/networks.ts';
import type { Context, Endpoint } from '../context.ts';
import { type Filters, filters, matchesPattern } from '../query.ts';
import { sendJson } from '../reply.ts';
import { goObject, text } from '../schemas/go.ts';

const networkFilterKeys = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'];
const predefined = ['bridge', 'host', 'none', 'default'];

export const networkEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/networks',
    run: ({ engine, query, reply }) => {
      const wanted = filters(query, networkFilterKeys);
      return sendJson(
        reply,
        listNetworks(engine).filter((network) => passes(network, wanted)),
      );
    },
  },
  {
    method: 'GET',
    path: '/networks/:name',
    run: ({ engine, name, reply }) => sendJson(reply, inspectNetwork(engine, name)),
  },
  {
    method: 'POST',
    path: '/networks/create',
    job: 'network_create',
    run: async ({ json }) => {
      const { Name: name } = await json(goObject('types.NetworkCreateRequest', { Name: text() }));
      if (predefined.includes(name)) throw forbidden(`operation is not permitted on predefined ${name} network `);
      throw notImplemented(
        'cannot create networks: this engine has no bridge driver yet, only the networks host and none',
      );
    },
  },
  {
    method: 'DELETE',
    path: '/networks/:name',
    job: 'network_rm',
    run: ({ engine, name }) => {
      throw forbidden(`${findNetwork(engine, name).Name} is a pre-defined network and cannot be removed`);
    },
  },
  ...(['connect', 'disconnect'] as const).map((verb) => ({
    method: 'POST' as const,
    path: `/networks/:name/${verb}`,
    job: `network_${verb}`,
    run: async ({ engine, name, json }: Context) => {
      const network = findNetwork(engine, name);
      engine.containers.find((await json(goObject('types.NetworkConnect', { Container: text() }))).Container);
      throw badParameter(
        network.Name === 'host'
          ? 'container cannot be disconnected from host network or connected to host network'
          : 'Container cannot be connected to network endpoints: none',
      );
    },
  })),
  {
    method: 'POST',
    path: '/networks/prune',
    job: 'network_prune',
    run: ({ reply }) => sendJson(reply, { NetworksDeleted: null }),
  },
];

function passes({ Name, Id, Driver, Scope }: ReturnType<typeof listNetworks>[number], wanted: Filters): boolean {
  const among = (key: string, test: (value: string) => boolean): boolean =>
    (wanted.get(key) ?? []).length === 0 || wanted.get(key)!.some(test);
  return (
    matchesPattern(wanted.get('name'), [Name]) &&
    among('id', (value) => Id.startsWith(value)) &&
    among('driver', (value) => value === Driver) &&
    among('scope', (value) => value === Scope) &&
    among('type', (value) => value === 'builtin') &&
    among('dangling', (value) => value === 'false') &&
    (wanted.get('label') ?? []).length === 0
  );
}
