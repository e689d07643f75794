/** The cgroups that a process is in, as directories (cgroups(7)). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMountTable } from '@drydock/linux/mountinfo';

/** Directories by v1 controller; in v2, and for a hybrid's second hierarchy, under the name `unified`. */
export interface ProcessCgroups {
  /** 1 if the controllers are v1's. */
  readonly version: 1 | 2;
  readonly paths: Readonly<Record<string, string>>;
}

/** Reads /proc/PID/cgroup and finds the hierarchies in the mount table. */
export function cgroupsOf(pid: number): ProcessCgroups {
  const table = readMountTable().filter(({ type }) => type === 'cgroup' || type === 'cgroup2');
  const paths: Record<string, string> = {};
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n').filter(Boolean)) {
    const [, controllers = '', ...rest] = line.split(':');
    const path = rest.join(':');
    for (const controller of controllers === '' ? ['unified'] : controllers.split(',')) {
      const point = table.find(({ type, superOptions }) =>
        controller === 'unified'
          ? type === 'cgroup2'
          : type === 'cgroup' && superOptions.split(',').includes(controller),
      );
      if (point !== undefined) paths[controller] = join(point.mountPoint, path);
    }
  }
  return { version: 'memory' in paths || 'pids' in paths || 'cpu' in paths ? 1 : 2, paths };
}

/** All processes in a container's cgroup and those below it, on the host's numbers. Empty once the cgroup is gone. */
export function processesIn({ version, paths }: ProcessCgroups): number[] {
  const directory = version === 2 ? paths.unified : (paths.pids ?? paths.memory ?? paths.cpu);
  if (directory === undefined || !existsSync(directory)) return [];
  const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [
    ...readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
    ...below.flatMap(({ name }) => processesIn({ version: 2, paths: { unified: join(directory, name) } })),
  ].sort((a, b) => a - b);
}
