/** `docker inspect`: everything about a container, in Docker's shape. */
import type { Engine } from '../engine.ts';
import type { Container } from './container.ts';
import { inspectConfig } from './inspect-config.ts';
import { inspectHostConfig } from './inspect-host-config.ts';
import { networkSettings } from './network-settings.ts';
import type { MountPoint } from './record.ts';
import { rootfsMounts } from './rootfs.ts';
import { containerSizes } from './sizes.ts';

export interface InspectOptions {
  readonly size: boolean;
}

export async function inspectContainer(
  engine: Engine,
  container: Container,
  { size }: InspectOptions,
): Promise<object> {
  const { record, paths } = container;
  const execs = engine.execs.of(record.id).filter((exec) => exec.record.status === 'running');
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: record.path,
    Args: record.args,
    State: inspectState(container),
    Image: record.imageId,
    ResolvConfPath: paths.resolvConf,
    HostnamePath: paths.hostname,
    HostsPath: paths.hosts,
    LogPath: record.hostConfig.LogConfig?.Type === 'none' ? '' : paths.log,
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: engine.containerd.snapshotter,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: execs.length > 0 ? execs.map(({ id }) => id) : null,
    HostConfig: inspectHostConfig(record.hostConfig),
    GraphDriver: { Data: await graphData(engine, container), Name: engine.containerd.snapshotter },
    ...(size ? await containerSizes(engine, container) : {}),
    Mounts: record.mounts.map(inspectMount),
    Config: inspectConfig(record.config),
    NetworkSettings: networkSettings(engine, container),
  };
}

function inspectState({ state }: Container): object {
  const { status } = state;
  return {
    Status: status,
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.oomKilled,
    Dead: status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
  };
}

/** One of `Mounts`. */
export function inspectMount(point: MountPoint): object {
  const volume = point.type === 'volume' ? { Name: point.name } : {};
  const driver = point.type === 'volume' ? { Driver: point.driver } : {};
  return {
    Type: point.type,
    ...volume,
    Source: point.source,
    Destination: point.destination,
    ...driver,
    Mode: point.mode,
    RW: point.rw,
    Propagation: point.type === 'bind' ? point.propagation : '',
  };
}

/** Where the container's layers are, as far as the snapshotter says. */
async function graphData(engine: Engine, container: Container): Promise<Record<string, string> | null> {
  const [mount] = await rootfsMounts(engine, container);
  const option = (name: string): string =>
    mount?.options.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  if (mount?.type !== 'overlay') return null;
  return { LowerDir: option('lowerdir'), MergedDir: '', UpperDir: option('upperdir'), WorkDir: option('workdir') };
}
