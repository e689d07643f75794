/**
 * Finds the tasks of a supervisor before this one again, by their bundles.
 *
 *   shim answers, knows the task      it is taken in; an exit that nobody has published is published
 *   shim answers, knows no task       its create was broken off: the shim is ended, the bundle removed
 *   nobody listens there any more
 *     no container was created        its create was broken off: cleaned up
 *     a container was created         cleaned up behind it; its end is published, as that of any task whose shim dies
 *   shim lives, but does not answer   it is taken in, and so is the container: whatever holds it up, it is not killed for it
 *   no executable known               the launch was broken off: the bundle is removed
 *   no address                        the launch was broken off: cleaned up
 */
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isKind } from '@drydock/rpc/errors';
import type { StateResponse } from '@drydock/rpc/generated/shim_task';
import { Status } from '@drydock/rpc/generated/task_types';
import type { Logger } from '@drydock/telemetry/logger';
import { Bundle, type BundleDirectories } from './bundle.ts';
import type { Deadlines } from './deadlines.ts';
import type { Launcher } from './launcher.ts';
import type { Shim } from './shim.ts';
import { ownShim, type ShimBinary } from './shim-binary.ts';
import type { TaskManager } from './task-manager.ts';

export interface ReloadParts {
  readonly directories: BundleDirectories;
  readonly launcher: Launcher;
  readonly manager: TaskManager;
  readonly deadlines: Deadlines;
  readonly log: Logger;
}

/** Takes in what is still there and cleans up the rest; answers the addresses of the shims that live. */
export async function reloadTasks(parts: ReloadParts): Promise<Set<string>> {
  const bundles = findBundles(parts.directories);
  const addresses = await Promise.all(bundles.map((bundle) => reload(bundle, parts)));
  removeOrphanedWork(parts.directories);
  return new Set(addresses.filter((address) => address !== undefined));
}

async function reload(bundle: Bundle, parts: ReloadParts): Promise<string | undefined> {
  const { launcher, manager, deadlines, log } = parts;
  const path = bundle.read('shim-binary-path');
  const address = bundle.read('address');
  if (path === undefined) {
    bundle.remove();
    return undefined;
  }
  const binary: ShimBinary = { path, isOwn: basename(path) === ownShim };
  try {
    const shim = await launcher.reconnect(bundle, binary);
    try {
      const state = await askState(shim, deadlines);
      manager.adopt(shim);
      if (state.status === Status.STOPPED) manager.replaceExit(bundle.namespace, state);
    } catch (error) {
      if (!isKind(error, 'deadline exceeded')) {
        await manager.shutDown(shim);
        throw error;
      }
      log.warn({ err: error, namespace: bundle.namespace, id: bundle.id }, 'load task');
      manager.adopt(shim);
    }
    return address?.replace('unix://', '');
  } catch (error) {
    log.warn({ err: error, namespace: bundle.namespace, id: bundle.id }, 'load task');
    // Of a task that its shim does not know, or that never was, nobody was told.
    if (isKind(error, 'not found') || !hadTask(bundle, binary)) await manager.cleanUp(bundle, binary);
    else await manager.buryMissed(bundle, binary);
    return undefined;
  }
}

/** The state of the container, and with it the shim's process. Rejects if the shim has none or does not answer. */
async function askState(shim: Shim, deadlines: Deadlines): Promise<StateResponse> {
  const { task, bundle } = shim;
  const { namespace, id } = bundle;
  return deadlines.within('io.containerd.timeout.shim.load', `load shim of ${namespace}/${id}`, async (call) => {
    shim.pid = (await task.connect({ id }, call)).shimPid;
    return task.state({ id }, call);
  });
}

/** Whether a shim that is gone may have made a container. What other shims than ours leave in the bundle is not known. */
function hadTask(bundle: Bundle, { isOwn }: ShimBinary): boolean {
  const isLaunched = (bundle.read('bootstrap.json') ?? bundle.read('address')) !== undefined;
  return isLaunched && (!isOwn || bundle.read('init.pid') !== undefined);
}

/** The bundles below the state directory. A hidden one was being removed; an empty one was never filled. */
function findBundles({ state, work }: BundleDirectories): Bundle[] {
  const bundles: Bundle[] = [];
  for (const namespace of directoriesIn(state)) {
    for (const id of directoriesIn(join(state, namespace))) {
      const path = join(state, namespace, id);
      if (id.startsWith('.') || readdirSync(path).length === 0) rmSync(path, { recursive: true });
      else bundles.push(new Bundle(namespace, id, { state, work }));
    }
  }
  return bundles;
}

/** Removes work directories whose bundle is gone. */
function removeOrphanedWork({ state, work }: BundleDirectories): void {
  for (const namespace of directoriesIn(work)) {
    const known = new Set(directoriesIn(join(state, namespace)));
    for (const id of directoriesIn(join(work, namespace)))
      if (!known.has(id)) rmSync(join(work, namespace, id), { recursive: true });
  }
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
