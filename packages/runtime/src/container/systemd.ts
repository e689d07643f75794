/**
 * Cgroups that systemd makes (--systemd-cgroup), so that it knows of them: a transient scope for each container. A scope begins
 * with a process; a placeholder is that until the container's own first process is born in the cgroup.
 */
import { Systemd } from '@drydock/linux/cgroups/systemd/manager';
import { limitProperties, type Property } from '@drydock/linux/cgroups/systemd/properties';
import { placeDirectory, type SystemdPlace, systemdPlace } from '@drydock/linux/cgroups/systemd/unit-names';
import { exists } from '@drydock/linux/disk';
import type { Resources, Spec } from '@drydock/oci/runtime-spec';
import { explain, Failure, failingAs } from '../failure.ts';
import { endPlaceholder, startPlaceholder } from './placeholder.ts';
import { effectiveUser } from './user-namespace.ts';
import { parseVariant } from './variant.ts';

/** A container's unit, and its cgroup as a path from the top of each hierarchy. */
export interface Scope {
  readonly place: SystemdPlace;
  readonly path: string;
}

/** Where systemd shall put a container. Throws {@link Failure} without systemd, or if the path is not `slice:prefix:name`. */
export function chooseScope(cgroupsPath: string | undefined, id: string): Scope {
  // sd_booted(3).
  if (!exists('/run/systemd/system'))
    throw new Failure('systemd not running on this host, cannot use systemd cgroups manager');
  const user = effectiveUser() !== 0;
  try {
    const place = systemdPlace(cgroupsPath ?? '', id, user);
    return { place, path: placeDirectory(place, user ? connected(true, (systemd) => systemd.controlGroup()) : '') };
  } catch (error) {
    throw new Failure(explain(error), { cause: error });
  }
}

/** Makes the unit; the function that it answers lets go of it once the container's process is in its cgroup. */
export function startScope({ place }: Scope, { linux = {}, annotations = {} }: Spec, version: 1 | 2): () => void {
  const own = annotatedProperties(annotations);
  const placeholder = startPlaceholder();
  try {
    failingAs(`unable to start unit "${place.unit}"`, () =>
      connected(place.user, (systemd) => {
        systemd.start(place, placeholder.pid, version, own);
        const limits = limitProperties(linux.resources ?? {}, version);
        if (limits.length > 0) systemd.setProperties(place.unit, limits);
      }),
    );
    return () => endPlaceholder(placeholder);
  } catch (error) {
    endPlaceholder(placeholder);
    throw error;
  }
}

/** Tells systemd of new limits, else it would set the old ones again one day. */
export function limitScope(place: SystemdPlace, resources: Resources, version: 1 | 2): void {
  const limits = limitProperties(resources, version);
  if (limits.length > 0) connected(place.user, (systemd) => systemd.setProperties(place.unit, limits));
}

/** Ends the unit and forgets that it may have failed. */
export function stopScope({ unit, user }: SystemdPlace): void {
  connected(user, (systemd) => {
    systemd.stop(unit);
    systemd.resetFailed(unit);
  });
}

function connected<T>(user: boolean, action: (systemd: Systemd) => T): T {
  const systemd = Systemd.open({ user, env: process.env });
  try {
    return action(systemd);
  } finally {
    systemd.close();
  }
}

/** Properties that annotations name: `org.systemd.property.TimeoutStopSec: "uint64 5"`, the value in GVariant's text form. */
function annotatedProperties(annotations: Readonly<Record<string, string>>): Property[] {
  const prefix = 'org.systemd.property.';
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, text]) => {
      const name = key.slice(prefix.length);
      if (!/^[A-Za-z]{3,}$/.test(name))
        throw new Failure(
          `annotation ${key} name incorrect: ${/^[A-Za-z]*$/.test(name) ? 'too short' : 'contains non-alphabet character'}`,
        );
      const value = failingAs(`annotation ${key}=${text} value parse error`, () => parseVariant(text));
      // systemd keeps times in microseconds, and people write seconds.
      if (!/[a-z]Sec$/.test(name)) return [name, value];
      const seconds = Number(value.value);
      if (!Number.isFinite(seconds)) throw new Failure(`annotation ${key}=${text} value parse error: not a number`);
      return [name.replace(/Sec$/, 'USec'), { signature: 't', value: BigInt(Math.round(seconds * 1e6)) }];
    });
}
