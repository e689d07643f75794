/** How often the kernel killed in a cgroup for want of memory. */
import { readTable } from './files.ts';
import type { ProcessCgroups } from './paths.ts';

/** Kills so far: memory.oom_control (v1), memory.events (v2). */
export function oomKills({ version, paths }: ProcessCgroups): number {
  const table =
    version === 1 ? readTable(paths.memory, 'memory.oom_control') : readTable(paths.unified, 'memory.events');
  return table.oom_kill ?? 0;
}
