/** What a supervisor that has stopped, and its shims and runtimes, have left behind; what is theirs to leave is removed. */
import { globSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, leftovers, run, until } from './run.ts';
import { bin } from './stacks.ts';

/** Names of leftovers by kind. The directory goes, if nothing in it is in use. Containers have the namespace in a command line. */
export async function findLeaks(directory: string, namespace: string): Promise<Record<string, string[]>> {
  // A spare ends with its supervisor; a shim whose last events find nobody gives them up.
  const remaining = (): string[] => [...leftovers(directory), ...processesWith(namespace)];
  await until('all has ended', () => remaining().length === 0).catch(() => undefined);
  const remains = remaining();
  const places = ['--root', join(directory, 'root'), '--state', join(directory, 'run/supervisor')];
  const fsck = await run(join(bin, 'drydock-supervisor'), ['--offline', 'fsck', ...places]);
  const leaks = {
    mounts: remains.filter((each) => each.startsWith('mount')),
    processes: remains.filter((each) => each.startsWith('process')),
    cgroups: globSync([`/sys/fs/cgroup/*/${namespace}/*/`, `/sys/fs/cgroup/${namespace}/*/`]),
    sockets: namesIn(join(directory, 'run/s')),
    bundles: [
      ...namesIn(join(directory, 'run/supervisor', namespace)),
      ...namesIn(join('/run/drydock/runtime', namespace)),
    ],
    'problems by fsck': fsck.code === 0 ? [] : `${fsck.stdout}${fsck.stderr}`.trim().split('\n'),
  };
  if (remains.length === 0) rmSync(directory, { recursive: true });
  for (const parent of ['/run/drydock/runtime', '/sys/fs/cgroup', ...globSync('/sys/fs/cgroup/*/')])
    removeEmpty(join(parent, namespace));
  return leaks;
}

function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `process ${pid} ${commandLine(pid)}`)
    .filter((line) => line.includes(text));
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes the directory that all containers of a namespace shared; one with something in it stays. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
