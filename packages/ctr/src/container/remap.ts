/** The snapshot below a container with a user namespace: its files belong to the namespace's ids, not to the image's. */
import { lchownSync, lstatSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mount, unmount } from '@drydock/linux/mount';
import { exists } from '@drydock/transfer/unpack';
import type { Supervisor } from '../context.ts';
import type { ContainerFlags, RunOnlyFlags } from '../flags/container.ts';
import { parseMapping } from './spec.ts';

export interface Parent {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The parent for a container's snapshot. Without mappings it is the image's; with them a copy of it whose owners are shifted,
 * made once, or with `--remap-labels` the image's own, which the snapshotter is asked to shift.
 */
export async function remapped(
  leased: Supervisor,
  chain: string,
  flags: ContainerFlags & Partial<RunOnlyFlags>,
): Promise<Parent> {
  const [uid, gid] = [flags.uidmap?.[0], flags.gidmap?.[0]];
  if (uid === undefined || gid === undefined) return { key: chain, labels: {} };
  if (flags.remapLabels)
    return {
      key: chain,
      labels: { 'containerd.io/snapshot/uidmapping': uid, 'containerd.io/snapshot/gidmapping': gid },
    };
  const { snapshotter } = flags;
  const [uidMap, gidMap] = [parseMapping(uid), parseMapping(gid)];
  const key = `${chain}-${uidMap.hostID}-${gidMap.hostID}`;
  if (await exists(leased, snapshotter, key)) return { key, labels: {} };
  const working = `${key}-remap`;
  const { mounts } = await leased.snapshots.prepare({ snapshotter, key: working, parent: chain });
  const place = mkdtempSync(join(tmpdir(), 'ctr-'));
  try {
    for (const each of mounts) mount(each, place);
    try {
      shift(place, uidMap.hostID - uidMap.containerID, gidMap.hostID - gidMap.containerID);
    } finally {
      unmount(place);
    }
    await leased.snapshots.commit({ snapshotter, name: key, key: working });
  } catch (error) {
    await leased.snapshots.remove({ snapshotter, key: working });
    throw error;
  } finally {
    rmdirSync(place);
  }
  return { key, labels: {} };
}

function shift(path: string, uid: number, gid: number): void {
  const stats = lstatSync(path);
  lchownSync(path, stats.uid + uid, stats.gid + gid);
  if (stats.isDirectory()) for (const name of readdirSync(path)) shift(join(path, name), uid, gid);
}
