/** Changes the limits of a container that runs: all of them, or none. */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { readText, readTextIfPresent, writeExisting } from '@drydock/linux/disk';
import type { Resources } from '@drydock/oci/runtime-spec';
import type { Log } from '../cli/log.ts';
import { explain } from '../failure.ts';

/** Writes limits; if one is refused, those that were written before it get their old values back. */
export function limitOrRestore(cgroup: Cgroup, resources: Resources, log: Log): void {
  const before = cgroup.plan(resources).map((setting) => {
    const directory = cgroup.paths[setting.controller] ?? cgroup.paths[''];
    return { path: `${directory}/${setting.file}`, value: readTextIfPresent(`${directory}/${setting.file}`)?.trim() };
  });
  try {
    cgroup.limit(resources);
  } catch (error) {
    for (const { path, value } of before.reverse()) {
      // Files of many lines say what they hold, not what to write.
      if (value === undefined || value === '' || value.includes('\n') || readText(path).trim() === value) continue;
      try {
        writeExisting(path, value);
      } catch (again) {
        log.warning(`setting ${path} back to ${value} failed: ${explain(again)}`);
      }
    }
    throw error;
  }
}
