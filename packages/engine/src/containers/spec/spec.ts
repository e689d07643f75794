/** Writes a container's OCI runtime configuration from its record: what Docker makes of its flags. */
import type { Process, Spec } from '@drydock/oci/runtime-spec';
import type { ResolvedUser } from '@drydock/oci/user';
import type { Engine } from '../../engine.ts';
import type { Container } from '../container.ts';
import { containerCapabilities } from './capabilities.ts';
import { containerDevices } from './devices.ts';
import { processEnvironment } from './environment.ts';
import { containerMounts, initDestination, type MountSources } from './mounts.ts';
import { containerNamespaces } from './namespaces.ts';
import { containerResources } from './resources.ts';
import { containerRlimits } from './rlimits.ts';
import { containerSeccomp, type SecurityOptions } from './security.ts';
import { containerSysctls } from './sysctls.ts';

export interface SpecInputs {
  readonly user: ResolvedUser;
  readonly mounts: MountSources;
  readonly security: SecurityOptions;
}

/** The whole configuration. The root file system is mounted by the shim at `rootfs` in the bundle. */
export function buildSpec(engine: Engine, container: Container, inputs: SpecInputs): Spec {
  const { record } = container;
  const { config, hostConfig } = record;
  const capabilities = capabilitiesOf(engine, container);
  const { devices, rules } = containerDevices(hostConfig);
  const seccomp = containerSeccomp(inputs.security, capabilities, engine.host);
  const masked = hostConfig.Privileged ? [] : (hostConfig.MaskedPaths ?? []);
  const readonly = hostConfig.Privileged ? [] : (hostConfig.ReadonlyPaths ?? []);
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: config.Tty,
      ...consoleSize(container),
      user: inputs.user,
      args: processArgs(container, inputs.mounts.initPath !== undefined),
      env: processEnvironment(container),
      cwd: config.WorkingDir || '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: containerRlimits(hostConfig.Ulimits ?? [], engine.config.defaultUlimits),
      noNewPrivileges: inputs.security.noNewPrivileges,
      oomScoreAdj: hostConfig.OomScoreAdj,
    },
    root: { path: 'rootfs', readonly: hostConfig.ReadonlyRootfs },
    ...(hostConfig.UTSMode === 'host' ? {} : { hostname: config.Hostname }),
    mounts: containerMounts(container, inputs.mounts),
    ...(hostConfig.Annotations === null ? {} : { annotations: hostConfig.Annotations }),
    linux: {
      sysctl: containerSysctls(hostConfig, config.Domainname),
      resources: { ...containerResources(hostConfig), devices: rules },
      cgroupsPath: `${hostConfig.CgroupParent || '/docker'}/${record.id}`,
      namespaces: containerNamespaces(container, engine.host.cgroupVersion, (name) => engine.containers.find(name)),
      devices,
      ...(seccomp === undefined ? {} : { seccomp }),
      maskedPaths: masked,
      readonlyPaths: readonly,
      ...propagation(inputs.mounts),
    },
  };
}

/** The capabilities of a container's processes. */
export function capabilitiesOf(engine: Engine, { record: { hostConfig } }: Container): readonly string[] {
  return containerCapabilities(
    { add: hostConfig.CapAdd, drop: hostConfig.CapDrop, privileged: hostConfig.Privileged },
    engine.host.capabilities,
  );
}

function processArgs({ record: { path, args } }: Container, withInit: boolean): string[] {
  return withInit ? [initDestination, '--', path, ...args] : [path, ...args];
}

function consoleSize({ record: { config, hostConfig } }: Container): Pick<Process, 'consoleSize'> {
  const [height = 0, width = 0] = hostConfig.ConsoleSize ?? [];
  return config.Tty && height > 0 && width > 0 ? { consoleSize: { height, width } } : {};
}

/** A mount that must see later mounts of the machine needs a root that receives them. */
function propagation({ points }: MountSources): { rootfsPropagation?: string } {
  if (points.some(({ propagation }) => propagation === 'shared' || propagation === 'rshared'))
    return { rootfsPropagation: 'shared' };
  if (points.some(({ propagation }) => propagation === 'slave' || propagation === 'rslave'))
    return { rootfsPropagation: 'slave' };
  return {};
}
