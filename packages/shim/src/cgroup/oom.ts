/**
 * The kernel's kills for want of memory in a cgroup, as they happen: v1 counts them on an eventfd
 * (admin-guide/cgroup-v1/memory.rst, OOM Control), v2 changes memory.events.
 */
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileEvent, watchFile } from '@drydock/linux/inotify';
import { syscall } from '@drydock/linux/syscall';
import { readDescriptor } from '../stdio/read-descriptor.ts';
import { readTable } from './files.ts';
import type { ProcessCgroups } from './paths.ts';

/** Kills so far: memory.oom_control (v1), memory.events (v2). */
export function oomKills({ version, paths }: ProcessCgroups): number {
  const table =
    version === 1 ? readTable(paths.memory, 'memory.oom_control') : readTable(paths.unified, 'memory.events');
  return table.oom_kill ?? 0;
}

/**
 * Calls back whenever the cgroup has run out of memory, until the signal says so or the cgroup is gone. Does nothing where
 * memory is not controlled. Throws if the kernel refuses to tell.
 */
export function watchOom(cgroups: ProcessCgroups, signal: AbortSignal, happened: () => void): void {
  const { version, paths } = cgroups;
  const directory = version === 1 ? paths.memory : paths.unified;
  const file = version === 1 ? 'memory.oom_control' : 'memory.events';
  if (directory === undefined || !existsSync(join(directory, file))) return;
  const fd = version === 1 ? countOoms(directory, file) : watchFile(join(directory, file), FileEvent.modify);
  let known = oomKills(cgroups);
  const read = async (): Promise<void> => {
    for await (const _ of readDescriptor(fd, signal)) {
      if (!existsSync(directory)) return;
      const kills = oomKills(cgroups);
      // v1 tells of the want, before the kill; v2 of many things besides.
      if (version === 1 || kills > known) happened();
      known = kills;
    }
  };
  void read().finally(() => closeSync(fd));
}

/** An eventfd that the kernel adds to whenever a cgroup (v1) has run out of memory, and when the cgroup is removed. */
function countOoms(directory: string, file: string): number {
  const [closeOnExec, nonBlocking] = [0o2000000, 0o4000];
  const counter = syscall('eventfd2', [0, closeOnExec | nonBlocking], 'eventfd2');
  try {
    const control = openSync(join(directory, file), 'r');
    try {
      writeFileSync(join(directory, 'cgroup.event_control'), `${counter} ${control}`);
    } finally {
      closeSync(control);
    }
  } catch (error) {
    closeSync(counter);
    throw error;
  }
  return counter;
}
