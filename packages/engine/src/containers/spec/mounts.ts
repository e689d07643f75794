/** What is mounted in a container: the kernel's file systems, the engine's files, and what the user asked for. */
import { existsSync } from 'node:fs';
import type { Mount } from '@drydock/oci/runtime-spec';
import type { Container } from '../container.ts';
import type { MountPoint } from '../record.ts';
import { isHostIpc } from './namespaces.ts';

export interface MountSources {
  /** The mount points with the sources that exist now. */
  readonly points: readonly MountPoint[];
  /** The init process's path on this machine, if the container gets one. */
  readonly initPath: string | undefined;
  /** Where /dev/shm comes from if the container shares another's. */
  readonly sharedShm: string | undefined;
}

/** Where the init process appears in the container. */
export const initDestination = '/sbin/docker-init';

/** All mounts, in the order to make them: an outer directory stands before what is mounted inside it. */
export function containerMounts(container: Container, sources: MountSources): Mount[] {
  const { hostConfig } = container.record;
  const chosen = new Set(sources.points.map(({ destination }) => destination));
  const system = systemMounts(container, sources).filter(
    ({ destination }) => !chosen.has(destination!) && !(destination!.startsWith('/dev/') && chosen.has('/dev')),
  );
  const engine = engineFiles(container).filter(({ destination }) => !chosen.has(destination!));
  const asked = [...sources.points].sort(byDepth).map(pointMount);
  const init = sources.initPath === undefined ? [] : [bind(sources.initPath, initDestination, ['bind', 'ro'])];
  const mounts = [
    ...system,
    ...[...engine, ...asked].sort((a, b) => depth(a.destination!) - depth(b.destination!)),
    ...init,
  ];
  return hostConfig.Privileged ? mounts.map(withoutReadOnly) : mounts;
}

function systemMounts(container: Container, { sharedShm }: MountSources): Mount[] {
  const { hostConfig } = container.record;
  const shm: Mount[] =
    hostConfig.IpcMode === 'none'
      ? []
      : isHostIpc(hostConfig.IpcMode)
        ? [bind('/dev/shm', '/dev/shm', ['rbind', 'rprivate'])]
        : sharedShm !== undefined
          ? [bind(sharedShm, '/dev/shm', ['rbind', 'rprivate'])]
          : [
              {
                destination: '/dev/shm',
                type: 'tmpfs',
                source: 'shm',
                options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${hostConfig.ShmSize}`],
              },
            ];
  const mqueue: Mount = isHostIpc(hostConfig.IpcMode)
    ? bind('/dev/mqueue', '/dev/mqueue', ['rbind', 'nosuid', 'noexec', 'nodev'])
    : { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] };
  const skipMqueue = isHostIpc(hostConfig.IpcMode) && !existsSync('/dev/mqueue');
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid', 'noexec', 'nodev'] },
    ...(skipMqueue ? [] : [mqueue]),
    ...shm,
  ];
}

/** Names and addresses, which the engine keeps outside of the image. */
function engineFiles({ paths }: Container): Mount[] {
  return [
    bind(paths.resolvConf, '/etc/resolv.conf', ['rbind', 'rprivate']),
    bind(paths.hostname, '/etc/hostname', ['rbind', 'rprivate']),
    bind(paths.hosts, '/etc/hosts', ['rbind', 'rprivate']),
  ];
}

function pointMount(point: MountPoint): Mount {
  if (point.type === 'tmpfs')
    return { destination: point.destination, type: 'tmpfs', source: 'tmpfs', options: point.tmpfsOptions };
  const options = [point.nonRecursive ? 'bind' : 'rbind', ...(point.rw ? [] : ['ro']), point.propagation || 'rprivate'];
  return bind(point.source, point.destination, options);
}

function bind(source: string, destination: string, options: readonly string[]): Mount {
  return { destination, type: 'bind', source, options };
}

/** A privileged container may change /sys and its cgroups. */
function withoutReadOnly(mount: Mount): Mount {
  if (mount.type !== 'sysfs' && mount.type !== 'cgroup') return mount;
  return { ...mount, options: (mount.options ?? []).filter((option) => option !== 'ro') };
}

function byDepth(a: MountPoint, b: MountPoint): number {
  return depth(a.destination) - depth(b.destination) || (a.destination < b.destination ? -1 : 1);
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length;
}
