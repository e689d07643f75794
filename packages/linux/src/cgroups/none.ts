/** In place of a cgroup, where the caller may make none: without root, and without a part that was delegated to it. */
import type { Cgroup, CgroupEntry } from './cgroup.ts';
import { CgroupError } from './cgroup.ts';
import type { DeviceRule, Resources, Setting } from './resources.ts';

export class NoCgroup implements Cgroup {
  readonly version: 1 | 2;
  readonly paths = {};
  readonly #reason: string;

  /** `reason`: why there is none, for who asks for limits. */
  constructor(version: 1 | 2, reason: string) {
    this.version = version;
    this.#reason = reason;
  }

  create(): void {}

  plan(): Setting[] {
    return [];
  }

  /** Throws if there is something to limit. */
  limit({ devices: _, ...resources }: Resources): void {
    const named = Object.values(resources).some((each) => each !== undefined && Object.keys(each).length > 0);
    if (named)
      throw new CgroupError(
        `rootless needs no limits + no cgrouppath when no permission is granted for cgroups: ${this.#reason}`,
        '',
      );
  }

  /** Only root can have device rules, so nobody expects them to hold. */
  allowDevices(_rules: readonly DeviceRule[]): void {}

  openEntry(): CgroupEntry {
    return { tasks: [], birthplace: undefined };
  }

  processes(): number[] {
    return [];
  }

  freeze(): void {
    throw new CgroupError('cannot toggle freezer: cgroups not configured for container', 'freezer');
  }

  thaw(): void {
    this.freeze();
  }

  isFrozen(): boolean {
    return false;
  }

  oomKills(): number {
    return 0;
  }

  remove(): void {}
}
