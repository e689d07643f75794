/** The sizes of huge pages that this machine has, in the words of the hugetlb controller: `2MB`, `1GB`. */
import { listDirectory } from '@drydock/linux/disk';
import { Errno } from '@drydock/linux/errno';
import { SyscallError } from '@drydock/linux/syscall';

export function hugePageSizes(): readonly string[] {
  try {
    return listDirectory('/sys/kernel/mm/hugepages').map((name) => sizeText(Number(/(\d+)kB/.exec(name)?.[1])));
  } catch (error) {
    // A kernel without huge pages.
    if (error instanceof SyscallError && error.errno === Errno.ENOENT) return [];
    throw error;
  }
}

function sizeText(kilobytes: number): string {
  if (kilobytes >= 1 << 20) return `${kilobytes >> 20}GB`;
  return kilobytes >= 1 << 10 ? `${kilobytes >> 10}MB` : `${kilobytes}KB`;
}
