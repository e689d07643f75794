/**
 * Volumes that are more than a directory: `docker volume create -o type=tmpfs -o device=tmpfs -o o=size=1m`. What the
 * options say is mounted on the volume's directory while a container that uses it runs.
 */
import { errnoText } from '@drydock/linux/errno';
import { mount, unmount } from '@drydock/linux/mount';
import { readMountTable } from '@drydock/linux/mountinfo';
import { SyscallError } from '@drydock/linux/syscall';
import type { Container } from '../containers/container.ts';
import { volumeUsers } from '../containers/realize-mounts.ts';
import type { Engine } from '../engine.ts';
import { messageOf, systemError } from '../errors.ts';
import type { Volume } from './volume-store.ts';

/** Mounts a container's volumes that are to be mounted. */
export function mountVolumes(engine: Engine, container: Container): void {
  for (const volume of mountable(engine, container)) {
    if (isMounted(volume)) continue;
    const { type = '', device = '', o = '' } = volume.options ?? {};
    try {
      mount(
        { type: type === 'none' ? '' : type, source: device, options: o === '' ? [] : o.split(',') },
        volume.mountpoint,
      );
    } catch (error) {
      const reason = error instanceof SyscallError ? errnoText(error.errno) : messageOf(error);
      throw systemError(
        `error while mounting volume '${volume.mountpoint}': failed to mount local volume: mount ${device}:${volume.mountpoint}: ${reason}`,
        { cause: error },
      );
    }
  }
}

/** Unmounts those of a container that has ended which no other running container uses. */
export function unmountVolumes(engine: Engine, container: Container): void {
  for (const volume of mountable(engine, container)) {
    const used = volumeUsers(engine, volume.name).some((user) => user !== container && user.isRunning);
    if (!used && isMounted(volume)) unmount(volume.mountpoint, { detach: true });
  }
}

function mountable({ volumes }: Engine, { record }: Container): Volume[] {
  return record.mounts
    .filter(({ type }) => type === 'volume')
    .map(({ name }) => volumes.get(name))
    .filter((volume) => volume?.options?.device !== undefined) as Volume[];
}

function isMounted({ mountpoint }: Volume): boolean {
  return readMountTable().some((entry) => entry.mountPoint === mountpoint);
}
