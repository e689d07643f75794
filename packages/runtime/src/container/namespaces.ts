/** Existing namespaces that a container joins. */
import { fileStatus, Open, openFile } from '@drydock/linux/disk';
import type { Namespace } from '@drydock/oci/runtime-spec';
import { failingAs } from '../failure.ts';

/** Opens those that the configuration gives by path; answers descriptors by type. */
export function openNamespaces(namespaces: readonly Namespace[]): Record<string, number> {
  const open: Record<string, number> = {};
  for (const { type = '', path } of namespaces) {
    if (!path) continue;
    open[type] = failingAs('namespace path', () => {
      fileStatus(path, { follow: false });
      return openFile(path, Open.read);
    });
  }
  return open;
}
