/** Ids of a process as its own user namespace has them (user_namespaces(7)). */
import { readText } from '@drydock/linux/disk';
import { linkTarget } from '../container/link.ts';

/** Translates an id as this process sees it. What is not mapped is the kernel's "nobody" there. */
export function idsInside(pid: number, file: 'uid_map' | 'gid_map'): (id: number) => number {
  const namespace = (process: string) => linkTarget(`/proc/${process}/ns/user`);
  if (namespace('self') === namespace(String(pid))) return (id) => id;
  const ranges = readText(`/proc/${pid}/${file}`)
    .split('\n')
    .filter(Boolean)
    .map((line) => line.trim().split(/ +/).map(Number));
  return (id) => {
    const [inside = overflow, outside = id] =
      ranges.find(([, first = 0, size = 0]) => id >= first && id < first + size) ?? [];
    return inside + id - outside;
  };
}

const overflow = 65534;
