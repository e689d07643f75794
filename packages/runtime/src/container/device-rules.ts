/** Which devices a container may use: what its configuration says, and those that every container has. */
import type { DeviceRule } from '@drydock/linux/cgroups/resources';

/** As runc has them: any node may be made, and the default devices, terminals and the tunnel device be used. */
const always: readonly DeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 8, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 7, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 9, access: 'rwm' },
  { allow: true, type: 'c', major: 136, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
  { allow: true, type: 'c', major: 10, minor: 200, access: 'rwm' },
];

/** The rules in the order in which they hold: a later one overrides. */
export function deviceRules(configured: readonly DeviceRule[] = []): readonly DeviceRule[] {
  return [...configured, ...always];
}
