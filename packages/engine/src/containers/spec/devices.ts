/** Device nodes of a container and the rules of its device cgroup. */
import { type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { deviceAt, deviceNumberOf, hostDevices } from '@drydock/linux/host-devices';
import type { Device, Resources } from '@drydock/oci/runtime-spec';
import type { HostConfig } from '../../api/schemas/host-config.ts';
import { badParameter, hasCode, systemError } from '../../errors.ts';

type DeviceRule = NonNullable<Resources['devices']>[number];

export interface ContainerDevices {
  readonly devices: readonly Device[];
  readonly rules: readonly DeviceRule[];
}

/** Everything is denied but the devices that every program expects; fuse is denied by name. */
const defaultRules: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  ...([[1, 5], [1, 3], [1, 9], [1, 8], [5, 0], [5, 1]] as const).map(
    ([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' }),
  ), // biome-ignore format: a table
  { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
];

/** A privileged container has all of the machine's devices; another those it asks for. */
export function containerDevices({ Privileged, Devices, DeviceCgroupRules }: HostConfig): ContainerDevices {
  if (Privileged) return { devices: [...hostDevices('/dev')], rules: [{ allow: true, access: 'rwm' }] };
  const asked = (Devices ?? []).flatMap(({ PathOnHost, PathInContainer, CgroupPermissions }) =>
    mapped(PathOnHost, PathInContainer || PathOnHost, CgroupPermissions || 'rwm'),
  );
  return {
    devices: asked.map(({ device }) => device),
    rules: [...defaultRules, ...asked.map(({ rule }) => rule), ...(DeviceCgroupRules ?? []).map(parseRule)],
  };
}

/** The number of the device that a path names. */
export function deviceNumber(path: string): { readonly major: number; readonly minor: number } {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    throw hasCode(error, 'ENOENT') ? badParameter(`device ${path}: no such file or directory`) : error;
  }
  return deviceNumberOf(stats.rdev);
}

/** One device, or all in a directory. */
function mapped(source: string, destination: string, access: string): { device: Device; rule: DeviceRule }[] {
  const gathering = `error gathering device information while adding custom device "${source}"`;
  let stats: Stats;
  try {
    stats = statSync(source);
  } catch {
    throw systemError(`${gathering}: no such file or directory`);
  }
  const found = stats.isDirectory()
    ? [...hostDevices(source)].map((device) => ({
        ...device,
        path: join(destination, device.path!.slice(source.length)),
      }))
    : [deviceAt(destination, stats)];
  if (found.some((device) => device === undefined)) throw systemError(`${gathering}: not a device node`);
  return found.map((device) => {
    const { type, major, minor } = device!;
    return { device: device!, rule: { allow: true, type, major, minor, access } as DeviceRule };
  });
}

function parseRule(text: string): DeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) throw badParameter(`invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access] = match;
  const number = (part: string): number => (part === '*' ? -1 : Number(part));
  return { allow: true, type: type!, major: number(major!), minor: number(minor!), access: access! };
}
