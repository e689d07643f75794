/** `docker diff`: what a container changed in its image, read from the upper directory of its overlay. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import { notImplemented } from '../errors.ts';
import type { Container } from './container.ts';
import { layersOf } from './layer-files.ts';
import { rootfsMounts } from './rootfs.ts';

/** Kinds of change, as the API numbers them. */
export const ChangeKind = { modified: 0, added: 1, deleted: 2 } as const;

export interface Change {
  readonly Path: string;
  readonly Kind: number;
}

export async function containerChanges(engine: Engine, container: Container): Promise<Change[]> {
  const layers = layersOf(await rootfsMounts(engine, container));
  const [upper, ...lower] = layers ?? [];
  if (upper === undefined || lower.length === 0)
    throw notImplemented(`snapshotter ${engine.containerd.snapshotter} does not tell what changed`);
  const changes: Change[] = [];
  walk(upper, lower, '', changes);
  return changes.sort((a, b) => (a.Path < b.Path ? -1 : 1));
}

function walk(upper: string, lower: readonly string[], path: string, changes: Change[]): void {
  for (const name of readdirSync(join(upper, path))) {
    const inside = `${path}/${name}`;
    const stats = lstatSync(join(upper, inside));
    const below = findBelow(lower, inside);
    if (isWhiteout(stats)) {
      if (below !== undefined) changes.push({ Path: inside, Kind: ChangeKind.deleted });
      continue;
    }
    changes.push({ Path: inside, Kind: below === undefined ? ChangeKind.added : ChangeKind.modified });
    if (stats.isDirectory()) walk(upper, lower, inside, changes);
  }
}

function findBelow(layers: readonly string[], path: string): Stats | undefined {
  for (const layer of layers) {
    const stats = lstatSync(join(layer, path), { throwIfNoEntry: false });
    if (stats !== undefined) return isWhiteout(stats) ? undefined : stats;
  }
  return undefined;
}

function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}
