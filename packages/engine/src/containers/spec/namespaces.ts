/** Which namespaces a container has of its own, and which it shares with the machine or another container. */
import type { Namespace } from '@drydock/oci/runtime-spec';
import { conflict } from '../../errors.ts';
import type { Container } from '../container.ts';

/** Finds a container that lends a namespace. */
export type FindContainer = (name: string) => Container;

export const isHostIpc = (mode: string): boolean => mode === 'host';

/** The container that a mode such as `container:web` names. */
export function lender(mode: string): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

/** The namespaces of a container. */
export function containerNamespaces({ record }: Container, cgroupVersion: '1' | '2', find: FindContainer): Namespace[] {
  const { NetworkMode, IpcMode, PidMode, UTSMode, CgroupnsMode } = record.hostConfig;
  const cgroup = CgroupnsMode === 'private' || (CgroupnsMode === '' && cgroupVersion === '2');
  return [
    { type: 'mount' },
    ...namespace('network', 'net', NetworkMode, find),
    ...(UTSMode === 'host' ? [] : [{ type: 'uts' }]),
    ...namespace('pid', 'pid', PidMode, find),
    ...namespace('ipc', 'ipc', IpcMode, find),
    ...(cgroup ? [{ type: 'cgroup' }] : []),
  ];
}

function namespace(type: string, file: string, mode: string, find: FindContainer): Namespace[] {
  if (mode === 'host') return [];
  const name = lender(mode);
  return [name === undefined ? { type } : { type, path: `/proc/${runningPid(find(name), type)}/ns/${file}` }];
}

function runningPid(container: Container, type: string): number {
  const { pid } = container.state;
  if (pid === 0) throw conflict(`cannot join ${type} of a non running container: ${container.id}`);
  return pid;
}
