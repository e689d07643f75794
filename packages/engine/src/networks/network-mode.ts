/** Which network a container is in. This engine has `none`, `host` and another container's; there is no bridge yet. */
import type { CreateBody } from '../api/schemas/create.ts';
import type { HostConfig } from '../api/schemas/host-config.ts';
import { lender } from '../containers/spec/namespaces.ts';
import { badParameter, noSuchNetwork, notImplemented } from '../errors.ts';

/** How a container is connected. */
export type NetworkKind = 'none' | 'host' | 'container';

/** What a network mode means. The default is a network namespace with nothing but loopback, as with `--bridge=none`. */
export function networkKind(mode: string): NetworkKind {
  if (mode === 'host') return 'host';
  return lender(mode) === undefined ? 'none' : 'container';
}

/** Refuses a network that is not there, when the container starts: before, a client would take it for a missing image. */
export function requireNetwork({ NetworkMode: mode }: HostConfig): void {
  if (!['', 'default', 'none', 'host'].includes(mode) && lender(mode) === undefined) throw noSuchNetwork(mode);
}

/** Refuses what needs a bridge. */
export function checkNetwork(
  { NetworkMode, PortBindings, PublishAllPorts, Links }: HostConfig,
  endpoints: NonNullable<NonNullable<CreateBody['NetworkingConfig']>['EndpointsConfig']>,
): void {
  if (
    Object.values(endpoints).some((endpoint) => endpoint?.IPAMConfig?.IPv4Address || endpoint?.IPAMConfig?.IPv6Address)
  )
    throw badParameter('user specified IP address is supported on user defined networks only');
  const mode = NetworkMode;
  if (mode === 'bridge')
    throw notImplemented(
      'network bridge is missing: this engine has no bridge network yet, only none, host and container:NAME',
    );
  const publishes = Object.values(PortBindings ?? {}).some((bindings) => bindings !== null) || PublishAllPorts;
  if (publishes && mode !== 'host' && mode !== 'none')
    throw notImplemented(
      'cannot publish ports: this engine has no bridge network yet; --network host shares the ports of the machine',
    );
  if ((Links ?? []).length > 0) throw notImplemented('cannot link containers: this engine has no bridge network yet');
}
