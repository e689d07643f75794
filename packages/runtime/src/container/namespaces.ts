/** Existing namespaces that a container joins. */
import { fileStatus, Open, openFile } from '@drydock/linux/disk';
import type { Namespace } from '@drydock/oci/runtime-spec';
import { failingAs } from '../failure.ts';
import { behind } from './descriptors.ts';

/** Opens those that the configuration gives by path; answers descriptors by type, behind the preserved ones. */
export function openNamespaces(namespaces: readonly Namespace[], preserved: number): Record<string, number> {
  const open: Record<string, number> = {};
  for (const { type = '', path } of namespaces) {
    if (!path) continue;
    open[type] = failingAs('namespace path', () => {
      fileStatus(path, { follow: false });
      return behind(preserved, openFile(path, Open.read));
    });
  }
  return open;
}
