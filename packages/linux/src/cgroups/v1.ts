/** A container's cgroup in the hierarchies of version 1, one directory a controller; also on hybrid machines. */
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
import { type Cgroup, type CgroupEntry, CgroupError } from './cgroup.ts';
import { createAll, processesIn, removeTree, writeEach, writeSetting, writeSettings } from './directories.ts';
import type { DeviceRule, Resources, Setting } from './resources.ts';
import { deviceSettingsV1, settingsV1 } from './settings-v1.ts';

export class CgroupV1 implements Cgroup {
  readonly version = 1;
  paths: Readonly<Record<string, string>>;

  constructor(paths: Readonly<Record<string, string>>) {
    this.paths = paths;
  }

  create(): void {
    createAll(Object.values(this.paths));
    if (this.paths.cpuset) fillCpuSet(this.paths.cpuset);
  }

  /**
   * Makes those directories that the caller may make and enter; the other controllers are done without. `isRefusal` tells
   * what may be passed over.
   */
  createWhatIsPossible(isRefusal: (error: unknown) => boolean): this {
    const possible: Record<string, string> = {};
    for (const [name, path] of Object.entries(this.paths)) {
      try {
        createAll([path]);
        if (name === 'cpuset') fillCpuSet(path);
        closeFile(openFile(`${path}/${name === '' ? 'cgroup.procs' : 'tasks'}`, Open.write));
        possible[name] = path;
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    this.paths = possible;
    return this;
  }

  plan(resources: Resources): Setting[] {
    const { memory, blkio } = this.paths;
    const limit = memory && processesIn(memory).length > 0 ? readText(`${memory}/memory.limit_in_bytes`) : undefined;
    const bfq = blkio !== undefined && !exists(`${blkio}/blkio.weight`) && exists(`${blkio}/blkio.bfq.weight`);
    return settingsV1(resources, {
      memoryLimit: limit === undefined ? undefined : Number(limit),
      bfq,
      swap: memory === undefined || exists(`${memory}/memory.memsw.limit_in_bytes`),
    });
  }

  limit(resources: Resources): void {
    writeEach(this.plan(resources), (setting) => {
      try {
        writeSetting(this.paths[setting.controller], setting);
      } catch (error) {
        throw this.#explained(error, setting);
      }
      if (setting.file === 'cpu.shares') this.#checkShares(Number(setting.value));
    });
  }

  allowDevices(rules: readonly DeviceRule[]): void {
    writeSettings(this.paths.devices, deviceSettingsV1(rules));
  }

  openEntry(): CgroupEntry {
    const { '': unified, ...controllers } = this.paths;
    return {
      tasks: [...new Set(Object.values(controllers))].map((path) => openFile(`${path}/tasks`, Open.write)),
      birthplace: unified === undefined ? undefined : openFile(unified, Open.path | openDirectory),
    };
  }

  processes(): number[] {
    const path = this.paths.devices ?? this.paths.pids ?? Object.values(this.paths)[0];
    return path === undefined ? [] : processesIn(path);
  }

  freeze(): void {
    // A process that is being forked can keep the state at FREEZING; writing again collects it.
    for (let round = 0; round < 1000; round++) {
      this.#setFreezer('FROZEN');
      if (this.isFrozen()) return;
      pause(1);
    }
    this.#setFreezer('THAWED');
    throw new CgroupError('unable to freeze', 'freezer');
  }

  thaw(): void {
    this.#setFreezer('THAWED');
  }

  isFrozen(): boolean {
    if (this.paths.freezer === undefined) return false;
    return readTextIfPresent(`${this.paths.freezer}/freezer.state`)?.trim() === 'FROZEN';
  }

  oomKills(): number {
    const text = this.paths.memory && readTextIfPresent(`${this.paths.memory}/memory.oom_control`);
    return Number(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0);
  }

  remove(): void {
    for (const path of new Set(Object.values(this.paths))) removeTree(path);
  }

  #setFreezer(state: 'FROZEN' | 'THAWED'): void {
    const path = this.paths.freezer;
    if (path === undefined)
      throw new CgroupError('cannot toggle freezer: cgroups not configured for container', 'freezer');
    writeExisting(`${path}/freezer.state`, state);
  }

  /** A memory limit below what is in use is refused with EBUSY: the message says what is in use. */
  #explained(error: unknown, setting: Setting): unknown {
    if (!(error instanceof CgroupError) || setting.file !== 'memory.limit_in_bytes') return error;
    if (!error.message.endsWith('device or resource busy')) return error;
    const value = (file: string) => readText(`${this.paths.memory}/${file}`).trim();
    const [usage, peak] = [value('memory.usage_in_bytes'), value('memory.max_usage_in_bytes')];
    const text = `unable to set memory limit to ${setting.value} (current usage: ${usage}, peak usage: ${peak})`;
    return new CgroupError(text, 'memory');
  }

  /** The kernel moves shares that are out of range to its bounds without a word. */
  #checkShares(shares: number): void {
    const effective = Number(readText(`${this.paths.cpu}/cpu.shares`));
    if (shares > effective) throw new CgroupError(`the maximum allowed cpu-shares is ${effective}`, 'cpu');
    if (shares < effective) throw new CgroupError(`the minimum allowed cpu-shares is ${effective}`, 'cpu');
  }
}

/** A new CPU set is empty, and no process can enter it: it gets its parent's CPUs and memory nodes. */
function fillCpuSet(path: string): void {
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (!exists(`${parent}/cpuset.cpus`)) return;
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readText(`${path}/${file}`).trim() !== '') continue;
    if (readText(`${parent}/${file}`).trim() === '') fillCpuSet(parent);
    writeExisting(`${path}/${file}`, readText(`${parent}/${file}`).trim());
  }
}
