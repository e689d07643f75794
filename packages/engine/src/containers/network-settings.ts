/** The `NetworkSettings` of a container: which network it is in. */
import type { Engine } from '../engine.ts';
import { findNetwork } from '../networks/networks.ts';
import type { Container } from './container.ts';

/** One network as a container sees it; there are no addresses without a bridge. */
function endpoint(networkId: string, endpointId: string): object {
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    MacAddress: '',
    DriverOpts: null,
    NetworkID: networkId,
    EndpointID: endpointId,
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  };
}

/** The networks by name: `none` or `host`. The default mode has no network behind it. */
export function containerNetworks(
  engine: Pick<Engine, 'networks'>,
  { record, isRunning }: Container,
): Record<string, object> {
  const mode = record.hostConfig.NetworkMode;
  if (mode !== 'none' && mode !== 'host') return {};
  return { [mode]: endpoint(findNetwork(engine, mode).Id, isRunning ? record.sandboxId : '') };
}

export function networkSettings(engine: Engine, container: Container): object {
  const { record, isRunning } = container;
  const sandboxId = isRunning ? record.sandboxId : '';
  const ports = Object.fromEntries(Object.keys(record.config.ExposedPorts ?? {}).map((port) => [port, null]));
  return {
    Bridge: '',
    SandboxID: sandboxId,
    SandboxKey: sandboxId === '' ? '' : `/proc/${container.state.pid}/ns/net`,
    Ports: isRunning ? ports : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: '',
    Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    MacAddress: '',
    Networks: containerNetworks(engine, container),
  };
}
