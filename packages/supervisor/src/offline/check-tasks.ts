/**
 * What tasks leave: bundles, shims and their sockets, mounts, runtimes' state and cgroups. A task whose shim answers is
 * whole, whether or not a supervisor runs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { closeAll } from '@drydock/linux/fifo';
import { unmountTree } from '@drydock/linux/mount';
import { mountPointsBelow } from '@drydock/linux/mountinfo';
import { connectUnix } from '@drydock/linux/socket';
import { Bundle } from '../tasks/bundle.ts';
import { deleteShim } from '../tasks/foreign-shim.ts';
import type { OfflineData } from './offline-data.ts';
import type { Problem } from './problem.ts';

/** Runtimes and where they keep what they know of containers, a directory a namespace. */
const runtimes = [
  { program: 'drydock-runtime', root: '/run/drydock/runtime' },
  { program: 'runc', root: '/run/containerd/runc' },
] as const;

export async function* checkTasks(data: OfflineData): AsyncGenerator<Problem> {
  const inUse = new Set<string>();
  for (const namespace of directoriesIn(data.paths.state))
    for (const id of directoriesIn(join(data.paths.state, namespace))) {
      const problem = checkBundle(data, namespace, id, inUse);
      if (problem !== undefined) yield problem;
    }
  yield* checkWork(data);
  yield* checkSockets(data, inUse);
  yield* checkMounts(data);
  yield* checkRuntimes(data);
}

function checkBundle(data: OfflineData, namespace: string, id: string, inUse: Set<string>): Problem | undefined {
  const { paths, db } = data;
  const bundle = new Bundle(namespace, id, { state: paths.state, work: paths.work });
  const orphan = (why: string, action: string, run: () => void | Promise<void>): Problem => ({
    state: 'orphan',
    kind: 'bundle',
    name: `${namespace}/${id}`,
    why,
    repair: { action, run },
  });
  if (id.startsWith('.') || readdirSync(bundle.path).length === 0)
    return orphan('it was being made or removed', 'remove it', () => rmSync(bundle.path, { recursive: true }));
  const socket = bundle.read('address')?.replace('unix://', '') ?? '';
  if (socket !== '' && answers(socket)) {
    inUse.add(socket);
    if (db.get('SELECT 1 FROM containers WHERE namespace = ? AND id = ?', namespace, id) !== undefined)
      return undefined;
    return {
      state: 'orphan',
      kind: 'shim',
      name: `${namespace}/${id}`,
      why: `it runs a task whose container nobody knows; end it with: drydock-ctr -n ${namespace} tasks rm -f ${id}`,
    };
  }
  const binary = bundle.read('shim-binary-path');
  return orphan(
    binary === undefined ? 'its shim was never started' : 'its shim is dead',
    'clean up behind the shim and remove it',
    async () => {
      if (binary !== undefined && existsSync(binary))
        await deleteShim({
          ...{ binary, namespace, id, bundle: bundle.path, address: data.address },
          ...{ publishBinary: process.execPath, isDebug: false, deadlines: data.deadlines },
        });
      bundle.remove();
    },
  );
}

function* checkWork({ paths }: OfflineData): Generator<Problem> {
  for (const namespace of directoriesIn(paths.work))
    for (const id of directoriesIn(join(paths.work, namespace)))
      if (!existsSync(join(paths.state, namespace, id)))
        yield {
          state: 'orphan',
          kind: 'bundle',
          name: `${namespace}/${id}`,
          why: 'of it only its work directory is there',
          repair: { action: 'remove that', run: () => rmSync(join(paths.work, namespace, id), { recursive: true }) },
        };
}

function* checkSockets({ sockets }: OfflineData, inUse: ReadonlySet<string>): Generator<Problem> {
  for (const name of readdirSync(sockets.directory)) {
    const path = join(sockets.directory, name);
    if (!name.startsWith(sockets.prefix) || inUse.has(path)) continue;
    const pid = answers(path) ? listenerOf(path) : undefined;
    if (pid === undefined) {
      const run = (): void => rmSync(path, { force: true });
      yield {
        state: 'orphan',
        kind: 'socket',
        name: path,
        why: 'no bundle names it',
        repair: { action: 'remove it', run },
      };
    } else
      yield {
        state: 'orphan',
        kind: 'shim',
        name: `process ${pid}`,
        why: `it listens on ${path}, which no bundle names`,
        repair: {
          action: 'end it and remove its socket',
          run() {
            process.kill(pid, 'SIGKILL');
            rmSync(path, { force: true });
          },
        },
      };
  }
}

function* checkMounts({ paths }: OfflineData): Generator<Problem> {
  const orphan = (name: string, why: string): Problem => ({
    state: 'orphan',
    kind: 'mount',
    name,
    why,
    repair: { action: 'unmount it', run: () => unmountTree(name) },
  });
  for (const point of mountPointsBelow(paths.temporaryMounts))
    yield orphan(point, 'a layer was being applied or made, and its supervisor was killed');
  for (const point of mountPointsBelow(paths.state)) {
    const bundle = point
      .slice(paths.state.length + 1)
      .split('/')
      .slice(0, 2)
      .join('/');
    if (!existsSync(join(paths.state, bundle, 'config.json'))) yield orphan(point, 'its bundle is gone');
  }
}

/** What runtimes know of containers whose bundle was ours and is gone, and their cgroups. */
function* checkRuntimes({ paths }: OfflineData): Generator<Problem> {
  for (const { program, root } of runtimes)
    for (const namespace of directoriesIn(root))
      for (const id of directoriesIn(join(root, namespace))) {
        const { bundle, cgroups } = readState(join(root, namespace, id, 'state.json'));
        if (bundle === undefined || dirname(dirname(bundle)) !== paths.state || existsSync(bundle)) continue;
        const run = (): void =>
          void execFileSync(program, ['--root', join(root, namespace), 'delete', '--force', id], { stdio: 'pipe' });
        const why = `its bundle ${bundle} is gone`;
        const repair = { action: `${program} delete --force ${basename(id)}`, run };
        yield { state: 'orphan', kind: 'runtime state', name: `${namespace}/${id}`, why, repair };
        for (const path of cgroups.filter((cgroup) => existsSync(cgroup)))
          yield {
            state: 'orphan',
            kind: 'cgroup',
            name: path,
            why: `its container is ${namespace}/${id}, whose bundle is gone`,
            repair: { action: 'remove it', run: () => removeCgroup(path) },
          };
      }
}

/** The bundle and the cgroups in a state.json, as runc writes it. */
function readState(path: string): { readonly bundle: string | undefined; readonly cgroups: readonly string[] } {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8'));
    const labels: readonly string[] = state.config?.labels ?? [];
    const bundle = labels.find((label) => label.startsWith('bundle='))?.slice('bundle='.length);
    return { bundle, cgroups: [...new Set(Object.values<string>(state.cgroup_paths ?? {}))] };
  } catch {
    return { bundle: undefined, cgroups: [] };
  }
}

/** Removes a cgroup that has no processes, which the runtime may have done already. */
function removeCgroup(path: string): void {
  if (existsSync(path)) rmdirSync(path);
}

function answers(socket: string): boolean {
  try {
    closeAll([connectUnix(socket)]);
    return true;
  } catch {
    return false;
  }
}

/** What /proc/net/unix has as flags of a socket that listens. Connections to it that nobody has accepted have its path as well. */
const listens = ' 00010000 ';

/** The process that listens on a socket: the one that has its inode open (proc_pid_net(5), proc_pid_fd(5)). */
function listenerOf(socket: string): number | undefined {
  const line = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .find((text) => text.endsWith(` ${socket}`) && text.includes(listens));
  const inode = line?.split(/ +/)[6];
  return readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .find((pid) => {
      try {
        const directory = `/proc/${pid}/fd`;
        return readdirSync(directory).some((fd) => readlinkSync(join(directory, fd)) === `socket:[${inode}]`);
      } catch {
        // It has ended.
        return false;
      }
    });
}

function directoriesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
