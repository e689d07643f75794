/** Where a container is in the cgroup hierarchies, what it may use there, and what it does use. */
import type { Cgroup } from '@drydock/linux/cgroups/cgroup';
import { cgroupDirectory, readHierarchies } from '@drydock/linux/cgroups/hierarchies';
import { readText, readTextIfPresent } from '@drydock/linux/disk';
import type { Resources } from '@drydock/oci/runtime-spec';
import { compare, type Difference } from './difference.ts';

export interface LimitFacts {
  readonly controller: string;
  /** The file that says the limit. */
  readonly file: string;
  /** What is limited, such as `memory`. */
  readonly what: string;
  readonly unit: 'bytes' | 'microseconds' | 'processes' | 'weight' | '';
  /** `max` is no limit. */
  readonly limit: string;
  /** Now; undefined where that is not counted. */
  readonly use: string | undefined;
  readonly peak: string | undefined;
}

export interface CgroupFacts {
  readonly version: 1 | 2;
  /** By controller, '' for the unified hierarchy: as the kernel has it now. */
  readonly paths: Readonly<Record<string, string>>;
  readonly processes: number;
  readonly frozen: boolean;
  readonly oomKills: number;
  readonly limits: readonly LimitFacts[];
  /** The device rules of version 1; those of version 2 are a program. */
  readonly devices: readonly string[];
}

type Row = readonly [
  controller: string,
  what: string,
  unit: LimitFacts['unit'],
  limit: string,
  use?: string,
  peak?: string,
];

/** Files of each version by controller: what limits, what is used, what was used at most. */
const rows: Readonly<Record<1 | 2, readonly Row[]>> = {
  1: [
    ['memory', 'memory', 'bytes', 'memory.limit_in_bytes', 'memory.usage_in_bytes', 'memory.max_usage_in_bytes'],
    [
      'memory',
      'memory and swap',
      'bytes',
      'memory.memsw.limit_in_bytes',
      'memory.memsw.usage_in_bytes',
      'memory.memsw.max_usage_in_bytes',
    ],
    ['memory', 'memory, wanted', 'bytes', 'memory.soft_limit_in_bytes'],
    ['pids', 'processes', 'processes', 'pids.max', 'pids.current'],
    ['cpu', 'processor time in a period', 'microseconds', 'cpu.cfs_quota_us'],
    ['cpu', 'period', 'microseconds', 'cpu.cfs_period_us'],
    ['cpu', 'share', 'weight', 'cpu.shares'],
    ['cpuset', 'processors', '', 'cpuset.cpus'],
    ['cpuset', 'memory nodes', '', 'cpuset.mems'],
    ['blkio', 'block I/O', 'weight', 'blkio.weight'],
  ],
  2: [
    ['', 'memory', 'bytes', 'memory.max', 'memory.current', 'memory.peak'],
    ['', 'swap', 'bytes', 'memory.swap.max', 'memory.swap.current', 'memory.swap.peak'],
    ['', 'memory, wanted', 'bytes', 'memory.low'],
    ['', 'processes', 'processes', 'pids.max', 'pids.current', 'pids.peak'],
    ['', 'processor time in a period, period', 'microseconds', 'cpu.max'],
    ['', 'share', 'weight', 'cpu.weight'],
    ['', 'processors', '', 'cpuset.cpus.effective'],
    ['', 'memory nodes', '', 'cpuset.mems.effective'],
    ['', 'block I/O', 'weight', 'io.weight'],
  ],
};

export function cgroupFacts(pid: number, cgroup: Cgroup): CgroupFacts {
  const paths = pathsOf(pid);
  const limits = rows[cgroup.version].flatMap(([controller, what, unit, limit, use, peak]) => {
    const read = (file: string | undefined) =>
      file && paths[controller] !== undefined ? readTextIfPresent(`${paths[controller]}/${file}`)?.trim() : undefined;
    const value = read(limit);
    // A controller that is not there limits nothing.
    if (value === undefined) return [];
    return [
      {
        controller,
        file: limit,
        what,
        unit,
        limit: unlimited(value) ? 'max' : value,
        use: read(use),
        peak: read(peak),
      },
    ];
  });
  return {
    version: cgroup.version,
    paths,
    processes: cgroup.processes().length,
    frozen: cgroup.isFrozen(),
    oomKills: cgroup.oomKills(),
    limits,
    devices: paths.devices ? readText(`${paths.devices}/devices.list`).trim().split('\n') : [],
  };
}

/** The highest multiple of a page, and -1, are the words of version 1 for no limit. */
function unlimited(value: string): boolean {
  return value === '-1' || /^9223372036854\d{6}$/.test(value);
}

/** The directories of a process's cgroups, from the hierarchies that are mounted here. */
function pathsOf(pid: number): Record<string, string> {
  const lines = readText(`/proc/${pid}/cgroup`).split('\n').filter(Boolean);
  const { list } = readHierarchies();
  const paths: Record<string, string> = {};
  for (const line of lines) {
    const [, names = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of names === '' ? [''] : names.split(',')) {
      const hierarchy = list.find((each) => each.name === name);
      if (hierarchy) paths[name] = cgroupDirectory(hierarchy, path);
    }
  }
  return paths;
}

/** Against the state file's paths, and against the limits that the configuration would write now. */
export function cgroupDifferences(facts: CgroupFacts, cgroup: Cgroup, resources: Resources): readonly Difference[] {
  const moved = Object.entries(cgroup.paths).flatMap(([name, path]) =>
    facts.paths[name] === undefined || facts.paths[name] === path
      ? []
      : compare('linux.cgroupsPath', path, facts.paths[name]!),
  );
  const limits = cgroup.plan(resources).flatMap(({ controller, file, value }) => {
    const directory = cgroup.paths[controller] ?? cgroup.paths[''];
    const actual = readTextIfPresent(`${directory}/${file}`)?.trim();
    return actual === undefined || says(actual, value) ? [] : compare(`linux.resources ${file}`, value, actual);
  });
  return [...moved, ...limits, ...unasked(facts, cgroup, resources)];
}

/** Limits that the kernel holds and nobody has configured: those that are none unless somebody sets them. */
function unasked({ limits }: CgroupFacts, cgroup: Cgroup, resources: Resources): readonly Difference[] {
  const asked = new Set(cgroup.plan(resources).map(({ file }) => file));
  return limits.flatMap(({ file, what, unit, limit }) => {
    const isNone = limit === 'max' || limit.startsWith('max ') || file === 'memory.low';
    if (isNone || asked.has(file) || !(unit === 'bytes' || unit === 'processes' || /quota|cpu\.max/.test(file)))
      return [];
    return compare(`linux.resources ${file}`, `no limit of ${what}`, limit);
  });
}

/** Whether a file says what was written to it: it may hold other lines, name things in words, and round to pages. */
function says(actual: string, written: string): boolean {
  if (actual === written || actual.split('\n').some((line) => line === written || line.endsWith(` ${written}`)))
    return true;
  if (written === '-1') return unlimited(actual) || actual === 'max';
  const [own, wanted] = [Number(actual), Number(written)];
  const page = 65536;
  return wanted >= page && Math.abs(own - wanted) < page;
}
