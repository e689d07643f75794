/** What a container's -v, --mount, --tmpfs, --volumes-from and its image's VOLUMEs come to: its mount points. */
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { ContainerConfig } from '../api/schemas/container-config.ts';
import type { HostConfig, MountRequest } from '../api/schemas/host-config.ts';
import { badParameter, messageOf } from '../errors.ts';
import { absolute, bind, type MountPlan, tmpfs, volume } from './mount-plan.ts';
import { parseBind } from './parse-bind.ts';
import type { MountPoint } from './record.ts';

/** Plans the mount points; `lenders` finds what --volumes-from names. */
export function planMounts(
  config: ContainerConfig,
  hostConfig: HostConfig,
  lenders: (name: string) => readonly MountPoint[],
): MountPlan[] {
  const plans = new Map<string, MountPlan>();
  for (const text of hostConfig.VolumesFrom ?? [])
    for (const plan of borrowed(text, lenders)) plans.set(plan.destination, plan);
  const own = new Set<string>();
  const add = (plan: MountPlan): void => {
    if (own.has(plan.destination)) throw badParameter(`Duplicate mount point: ${plan.destination}`);
    own.add(plan.destination);
    plans.set(plan.destination, plan);
  };
  for (const text of hostConfig.Binds ?? []) add(parseBind(text, hostConfig.VolumeDriver));
  for (const mount of hostConfig.Mounts ?? []) add(fromMount(mount));
  for (const [destination, options] of Object.entries(hostConfig.Tmpfs ?? {})) {
    const path = absolute(destination);
    if (own.has(path)) throw badParameter(`Duplicate mount point: ${path}`);
    plans.set(path, tmpfs(path, options === '' ? [] : options.split(','), ''));
  }
  for (const destination of Object.keys(config.Volumes ?? {})) {
    const path = absolute(destination);
    if (!plans.has(path)) plans.set(path, { ...volume('', path), driver: hostConfig.VolumeDriver || 'local' });
  }
  return [...plans.values()];
}

function fromMount(mount: MountRequest): MountPlan {
  const invalid = (text: string) =>
    badParameter(`invalid mount config for type ${JSON.stringify(mount.Type)}: ${text}`);
  if (mount.Target === '') throw invalid('field Target must not be empty');
  if (!posix.isAbsolute(mount.Target))
    throw invalid(`invalid mount path: '${mount.Target}' mount path must be absolute`);
  const destination = posix.normalize(mount.Target);
  if (destination === '/') throw invalid("invalid specification: destination can't be '/'");
  if (mount.Type === 'bind') {
    if (mount.Source === '') throw invalid('field Source must not be empty');
    if (!posix.isAbsolute(mount.Source))
      throw invalid(`invalid mount path: '${mount.Source}' mount path must be absolute`);
    const create = mount.BindOptions?.CreateMountpoint ?? false;
    if (!create && !existsSync(mount.Source)) throw invalid(`bind source path does not exist: ${mount.Source}`);
    return {
      ...bind(posix.normalize(mount.Source), destination),
      rw: !mount.ReadOnly,
      propagation: mount.BindOptions?.Propagation || 'rprivate',
      nonRecursive: mount.BindOptions?.NonRecursive ?? false,
      createSource: create,
    };
  }
  if (mount.Type === 'volume') {
    const options = mount.VolumeOptions;
    return {
      ...volume(mount.Source, destination),
      rw: !mount.ReadOnly,
      driver: options?.DriverConfig?.Name || 'local',
      copyData: !(options?.NoCopy ?? false),
      volumeLabels: options?.Labels ?? null,
      volumeOptions: options?.DriverConfig?.Options ?? null,
    };
  }
  if (mount.Type === 'tmpfs') {
    if (mount.Source !== '') throw invalid('field Source must not be specified');
    const size = mount.TmpfsOptions?.SizeBytes ?? 0;
    const mode = mount.TmpfsOptions?.Mode ?? 0;
    const options = [
      ...(mount.ReadOnly ? ['ro'] : []),
      ...(mode > 0 ? [`mode=${mode.toString(8)}`] : []),
      ...(size > 0 ? [`size=${size}`] : []),
    ];
    return { ...tmpfs(destination, options, ''), rw: !mount.ReadOnly };
  }
  throw badParameter(
    mount.Type === ''
      ? 'mount type unknown: ""'
      : `invalid mount config for type ${JSON.stringify(mount.Type)}: mount type unknown`,
  );
}

function borrowed(text: string, lenders: (name: string) => readonly MountPoint[]): MountPlan[] {
  const [name = '', mode = ''] = text.split(':');
  if (name === '') throw badParameter(`malformed volumes-from specification: ${text}`);
  if (!['', 'ro', 'rw', 'z', 'Z'].includes(mode)) throw badParameter(`invalid mode: ${mode}`);
  return pointsOf(name, lenders).map((point) => ({
    ...point,
    rw: point.rw && mode !== 'ro',
    anonymous: false,
    copyData: false,
    volumeLabels: null,
    volumeOptions: null,
  }));
}

/** A lender that is missing is a fault of the request: as a missing thing, a client would take it for the image. */
function pointsOf(name: string, lenders: (name: string) => readonly MountPoint[]): readonly MountPoint[] {
  try {
    return lenders(name);
  } catch (error) {
    throw badParameter(messageOf(error), { cause: error });
  }
}
