/** The cgroup of one container, the same for both versions of the kernel's interface. */
import type { DeviceRule, Resources, Setting } from './resources.ts';

/**
 * How a process of one thread gets into a cgroup without the wait that `cgroup.procs` costs: moving a whole process takes a
 * lock that every fork of the machine shares, and that is given away only after a grace period of several milliseconds.
 */
export interface CgroupEntry {
  /** `tasks` files of v1: the process writes `0`, which moves only the thread that writes. */
  readonly tasks: readonly number[];
  /** The directory of the unified hierarchy: the process is born there (clone3(2), CLONE_INTO_CGROUP). */
  readonly birthplace: number | undefined;
}

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
  /** Opens the ways for a new process to get in. The descriptors are the caller's, and closed on exec. */
  openEntry(): CgroupEntry;
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
