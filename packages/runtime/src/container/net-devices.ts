/** The host's network devices that a container gets (config-linux.md, "Network Devices"). */
import { closeFile, Open, openFile } from '@drydock/linux/disk';
import { moveNetworkDevice } from '@drydock/linux/network-devices';
import type { Linux } from '@drydock/oci/runtime-spec';
import { failingAs } from '../failure.ts';

/** Moves them to the network namespace of a process, each under its name or the one it shall have. */
export function moveNetDevices(pid: number, devices: NonNullable<Linux['netDevices']>): void {
  const namespace = openFile(`/proc/${pid}/ns/net`, Open.read);
  try {
    for (const [name, { name: newName }] of Object.entries(devices))
      failingAs('error during container init', () => moveNetworkDevice(name, namespace, newName || name));
  } finally {
    closeFile(namespace);
  }
}
