/** The networks that there are: `host` and `none`. A bridge comes with a later version. */
import type { Container } from '../containers/container.ts';
import type { Engine } from '../engine.ts';
import { noSuchNetwork } from '../errors.ts';

export interface Network {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: 'local';
  readonly Driver: string;
  readonly EnableIPv6: false;
  readonly IPAM: { readonly Driver: string; readonly Options: null; readonly Config: readonly object[] };
  readonly Internal: false;
  readonly Attachable: false;
  readonly Ingress: false;
  readonly ConfigFrom: { readonly Network: '' };
  readonly ConfigOnly: false;
  readonly Containers: Readonly<Record<string, object>>;
  readonly Options: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

/** What the engine remembers about its two networks. */
export interface NetworkIdentity {
  readonly name: 'host' | 'none';
  readonly driver: 'host' | 'null';
  readonly id: string;
  readonly created: string;
}

/** All networks, without their containers, as lists show them. */
export function listNetworks({ networks }: Pick<Engine, 'networks'>): Network[] {
  return networks.map(({ name, driver, id, created }) => ({
    Name: name,
    Id: id,
    Created: created,
    Scope: 'local',
    Driver: driver,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config: [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: {},
    Options: {},
    Labels: {},
  }));
}

/** A network by name, id or unique prefix of an id. */
export function findNetwork(engine: Pick<Engine, 'networks'>, text: string): Network {
  const all = listNetworks(engine);
  const exact = all.find(({ Name, Id }) => Name === text || Id === text);
  const matches = text === '' ? [] : all.filter(({ Id }) => Id.startsWith(text));
  const found = exact ?? (matches.length === 1 ? matches[0] : undefined);
  if (found === undefined) throw noSuchNetwork(text);
  return found;
}

/** A network with the containers that run in it. */
export function inspectNetwork(engine: Pick<Engine, 'networks' | 'containers'>, text: string): Network {
  const network = findNetwork(engine, text);
  const members = engine.containers.list().filter((container) => container.isRunning && isIn(container, network.Name));
  return {
    ...network,
    Containers: Object.fromEntries(members.map(({ id, record }) => [id, member(record.name, record.sandboxId)])),
  };
}

function isIn({ record }: Container, name: string): boolean {
  return record.hostConfig.NetworkMode === name;
}

function member(name: string, sandboxId: string): object {
  return { Name: name, EndpointID: sandboxId, MacAddress: '', IPv4Address: '', IPv6Address: '' };
}
