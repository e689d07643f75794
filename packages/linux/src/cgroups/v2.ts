/** A container's cgroup in the unified hierarchy of version 2. */
import {
  closeFile,
  exists,
  Open,
  openDirectory,
  openFile,
  pause,
  readText,
  readTextIfPresent,
  writeExisting,
} from '../disk.ts';
import { SyscallError, syscall } from '../syscall.ts';
import { type Cgroup, type CgroupEntry, CgroupError } from './cgroup.ts';
import { attachDeviceProgram } from './device-program.ts';
import { createAll, processesIn, removeTree, writeEach, writeSetting } from './directories.ts';
import type { DeviceRule, Resources, Setting } from './resources.ts';
import { settingsV2 } from './settings-v2.ts';

export class CgroupV2 implements Cgroup {
  readonly version = 2;
  readonly paths: Readonly<Record<string, string>>;
  readonly #path: string;
  readonly #mountPoint: string;

  constructor(path: string, mountPoint = '/sys/fs/cgroup') {
    this.paths = { '': path };
    this.#path = path;
    this.#mountPoint = mountPoint;
  }

  create(): void {
    createAll([this.#path]);
    this.#enableControllers();
  }

  /** Lets a user of the host manage the cgroups below (kernel documentation, admin-guide/cgroup-v2, "Delegation"). */
  delegateTo(uid: number): void {
    const listed = readTextIfPresent('/sys/kernel/cgroup/delegate')?.split('\n').filter(Boolean);
    for (const file of ['', ...(listed ?? ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'])]) {
      const path = `${this.#path}/${file}`;
      const [here, unchanged] = [-100, -1];
      if (exists(path)) syscall('fchownat', [here, path, uid, unchanged, 0], `chown ${path}`);
    }
  }

  plan(resources: Resources): Setting[] {
    return settingsV2(resources, { bfq: exists(`${this.#path}/io.bfq.weight`) });
  }

  limit(resources: Resources): void {
    this.#checkUsage(resources);
    writeEach(this.plan(resources), (setting) => {
      try {
        writeSetting(this.#path, setting);
      } catch (error) {
        throw resources.unified?.[setting.file] === undefined ? error : this.#explained(error, setting);
      }
    });
  }

  allowDevices(rules: readonly DeviceRule[]): void {
    const directory = openFile(this.#path, openDirectory);
    try {
      attachDeviceProgram(directory, rules);
    } finally {
      closeFile(directory);
    }
  }

  openEntry(): CgroupEntry {
    return { tasks: [], birthplace: openFile(this.#path, Open.path | openDirectory) };
  }

  processes(): number[] {
    return processesIn(this.#path);
  }

  freeze(): void {
    writeExisting(`${this.#path}/cgroup.freeze`, '1');
    for (let round = 0; round < 1000; round++) {
      if (/^frozen 1$/m.test(readText(`${this.#path}/cgroup.events`))) return;
      pause(1);
    }
    this.thaw();
    throw new CgroupError('unable to freeze', 'freezer');
  }

  thaw(): void {
    writeExisting(`${this.#path}/cgroup.freeze`, '0');
  }

  isFrozen(): boolean {
    return readTextIfPresent(`${this.#path}/cgroup.freeze`)?.trim() === '1';
  }

  oomKills(): number {
    return Number(/^oom_kill (\d+)$/m.exec(readTextIfPresent(`${this.#path}/memory.events`) ?? '')?.[1] ?? 0);
  }

  remove(): void {
    removeTree(this.#path);
  }

  /** What is in use is only compared: without the check the kernel makes room, or ends processes. */
  #checkUsage({ memory: { limit = 0, swap = 0, checkBeforeUpdate } = {} }: Resources): void {
    const usage = checkBeforeUpdate ? readTextIfPresent(`${this.#path}/memory.current`) : undefined;
    if (usage === undefined) return;
    for (const [name, value] of [
      ['memory+swap', swap],
      ['memory', limit],
    ] as const)
      if (value > 0 && value <= Number(usage))
        throw new CgroupError(`rejecting ${name} limit ${value} <= usage ${usage.trim()}`, 'memory');
  }

  /** A file that is missing may be one of a controller that is. */
  #explained(error: unknown, { file, controller }: Setting): unknown {
    if (!(error instanceof CgroupError)) return error;
    const available = readTextIfPresent(`${this.#path}/cgroup.controllers`)?.trim().split(' ') ?? [];
    const missing = /: (no such file or directory|permission denied)$/.test(error.message);
    const text =
      missing && controller !== 'cgroup' && !available.includes(controller)
        ? `unified resource "${file}" can't be set: controller "${controller}" not available`
        : `unable to set unified resource "${file}": ${error.message}`;
    return new CgroupError(text, controller);
  }

  /**
   * Makes the controllers available, from the root down. One that the kernel will not delegate there (it is used by v1, or
   * needs a domain cgroup) is left out: setting a limit of it names the missing file.
   */
  #enableControllers(): void {
    const below = this.#path.slice(this.#mountPoint.length).split('/').filter(Boolean);
    let directory = this.#mountPoint;
    for (const part of below) {
      const available = readTextIfPresent(`${directory}/cgroup.controllers`)?.trim().split(' ') ?? [];
      for (const controller of available.filter(Boolean)) enable(directory, controller);
      directory += `/${part}`;
      settleType(directory);
    }
  }
}

/**
 * Below a cgroup that has processes and controllers of threads there are only threaded ones; a new one is `domain invalid`,
 * which nothing can enter, until it is made one of them.
 */
function settleType(directory: string): void {
  const path = `${directory}/cgroup.type`;
  if (readTextIfPresent(path)?.trim() === 'domain invalid') writeExisting(path, 'threaded');
}

function enable(directory: string, controller: string): void {
  try {
    writeExisting(`${directory}/cgroup.subtree_control`, `+${controller}`);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
}
