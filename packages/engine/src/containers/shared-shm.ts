/**
 * /dev/shm of containers that share an IPC namespace: the lender's is mounted on this machine, below its directory, so that
 * others can bind it. It is there as long as the lender runs.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mount, unmountAll } from '@drydock/linux/mount';
import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import type { Container } from './container.ts';
import { lender } from './spec/namespaces.ts';

/** Where a container's /dev/shm comes from: its own that others may share, another's, or (undefined) neither. */
export function shmSource({ containers }: Engine, container: Container): string | undefined {
  const { IpcMode, ShmSize } = container.record.hostConfig;
  if (IpcMode === 'shareable') return mountShm(container, ShmSize);
  const name = lender(IpcMode);
  if (name === undefined) return undefined;
  const other = containers.find(name);
  const mode = other.record.hostConfig.IpcMode;
  if (mode === 'shareable') return shmPath(other);
  if (mode === 'host') return '/dev/shm';
  throw badParameter(
    `can't join IPC of container ${other.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  );
}

/** Takes the mount of a container that has ended away. */
export function releaseShm(container: Container): void {
  if (container.record.hostConfig.IpcMode === 'shareable') unmountAll(shmPath(container));
}

function mountShm(container: Container, size: number): string {
  const path = shmPath(container);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  unmountAll(path);
  mount({ type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${size}`] }, path);
  return path;
}

function shmPath({ paths }: Container): string {
  return join(paths.directory, 'shm');
}
