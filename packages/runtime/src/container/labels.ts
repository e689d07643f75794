/** SELinux labels: the kernel knows them only where SELinux is on (selinux(8)). */
import { exists } from '@drydock/linux/disk';
import type { Process } from '@drydock/oci/runtime-spec';
import { Failure } from '../failure.ts';

/** Throws {@link Failure} if a process shall have a label that nothing would heed. */
export function checkLabel({ selinuxLabel }: Process = {}): void {
  if (selinuxLabel && !exists('/sys/fs/selinux/enforce'))
    throw new Failure('selinux label is specified in config, but selinux is disabled or not supported');
}
