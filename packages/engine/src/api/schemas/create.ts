/** The body of `POST /containers/create`. */
import { z } from 'zod';
import { containerConfigFields } from './container-config.ts';
import { goObject, list, map, optional, text } from './go.ts';
import { HostConfig } from './host-config.ts';

/** A container's place in one network, as far as a client may ask for it. */
export const EndpointSettings = goObject('network.EndpointSettings', {
  IPAMConfig: optional(
    goObject('network.EndpointIPAMConfig', {
      IPv4Address: text(),
      IPv6Address: text(),
      LinkLocalIPs: list(z.string()),
    }),
  ),
  Links: list(z.string()),
  Aliases: list(z.string()),
  MacAddress: text(),
  DriverOpts: map(z.string()),
});

export const CreateBody = goObject('runconfig.ContainerConfigWrapper', {
  ...containerConfigFields,
  HostConfig: optional(HostConfig),
  NetworkingConfig: optional(
    goObject('network.NetworkingConfig', { EndpointsConfig: map(optional(EndpointSettings)) }),
  ),
});
export type CreateBody = z.output<typeof CreateBody>;
