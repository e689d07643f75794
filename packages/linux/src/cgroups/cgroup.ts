/** The cgroup of one container, the same for both versions of the kernel's interface. */
import type { DeviceRule, Resources, Setting } from './resources.ts';

export interface Cgroup {
  readonly version: 1 | 2;
  /** Its directories by controller, '' for the unified hierarchy: the `cgroup_paths` of runc's state.json. */
  readonly paths: Readonly<Record<string, string>>;
  /** Makes the directories. Throws SyscallError. */
  create(): void;
  /** The writes that `limit` would make, without making them. */
  plan(resources: Resources): Setting[];
  /** Writes limits. Throws {@link CgroupError} that names file and value. */
  limit(resources: Resources): void;
  /** Replaces the device rules. */
  allowDevices(rules: readonly DeviceRule[]): void;
  /** Opens the `cgroup.procs` files, closed on exec: who writes `0` to each of them is in the cgroup. */
  openProcs(): number[];
  /** The processes in it and in cgroups below. Empty if it is gone. */
  processes(): number[];
  freeze(): void;
  thaw(): void;
  isFrozen(): boolean;
  /** How many processes the kernel has killed in it for want of memory. */
  oomKills(): number;
  /** Removes the directories, and those below. Throws if a process is still inside. */
  remove(): void;
}

/** A limit that could not be set. */
export class CgroupError extends Error {
  override readonly name = 'CgroupError';
  readonly controller: string;

  constructor(message: string, controller: string) {
    super(message);
    this.controller = controller;
  }
}
