/** What runtimes keep for good for each namespace, in cgroups and below /run: empty once the containers are gone. */
import { globSync, rmdirSync } from 'node:fs';

const parents = ['/sys/fs/cgroup', '/sys/fs/cgroup/*', '/run/drydock/runtime', '/run/containerd/runc'];

/** Notes what is there of some namespaces; the result removes what has come since and holds nothing. */
export function watchLeftovers(namespaces: readonly string[]): () => void {
  const find = (): string[] => globSync(parents.map((parent) => `${parent}/{${namespaces.join(',')}}`));
  const before = new Set(find());
  return () => {
    for (const path of find())
      try {
        if (!before.has(path)) rmdirSync(path);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!['EBUSY', 'ENOTEMPTY', 'ENOENT'].includes(code)) throw error;
      }
  };
}
