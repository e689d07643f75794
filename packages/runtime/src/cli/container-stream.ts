/** Whether our standard error is a person's or the container's. */
import { fileStatus } from '@drydock/linux/disk';
import { trySyscall } from '@drydock/linux/syscall';

const here = -100;

/**
 * A shim that copies no bytes gives `create` and `exec` the container's own streams: pipes with names, at whose other end
 * the user reads. An error there would be taken for output of the container. conmon and containerd's shim give pipes
 * without names, and read them for the error.
 */
export function isContainerStream(descriptor: number): boolean {
  const link = `/proc/self/fd/${descriptor}`;
  const target = Buffer.alloc(1);
  return (
    fileStatus(descriptor).type === 'fifo' &&
    trySyscall('readlinkat', here, link, target, 1) === 1 &&
    target[0] === 0x2f
  );
}
