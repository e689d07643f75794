/**
 * Reads a small file of a container that is not mounted, straight from the directories of its overlay: the container's
 * own first, then each layer's. A path with a symbolic link in it needs the real mount.
 */
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getXattr } from '@drydock/linux/xattr';
import type { Mount } from '@drydock/rpc/generated/types';
import { hasCode } from '../errors.ts';

/** What was found: the text, that there is no such file, or that this way cannot tell. */
export type Found =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown' };

/** The directories of a mount, topmost first; undefined if it is neither an overlay nor a single directory. */
export function layersOf(mounts: readonly Mount[]): string[] | undefined {
  const [mount, ...more] = mounts;
  if (mount === undefined || more.length > 0) return undefined;
  if (mount.type === 'bind') return [mount.source];
  if (mount.type !== 'overlay') return undefined;
  const option = (name: string): string[] =>
    mount.options
      .filter((text) => text.startsWith(`${name}=`))
      .flatMap((text) => text.slice(name.length + 1).split(':'));
  return [...option('upperdir'), ...option('lowerdir')];
}

/** Looks for a file in layers. */
export async function readFromLayers(layers: readonly string[], path: string): Promise<Found> {
  const parts = path.split('/').filter(Boolean);
  for (const layer of layers) {
    const seen = await look(layer, parts);
    if (seen === 'link') return { kind: 'unknown' };
    if (seen === 'removed') return { kind: 'missing' };
    if (seen === 'file') return { kind: 'text', text: await readFile(join(layer, ...parts), 'utf8') };
  }
  return { kind: 'missing' };
}

/** One layer's word on a path: `removed` also where a directory hides what is below it. */
async function look(layer: string, parts: readonly string[]): Promise<'file' | 'removed' | 'link' | 'absent'> {
  let path = layer;
  let opaque = false;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    let stats: Awaited<ReturnType<typeof lstat>>;
    try {
      stats = await lstat(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return opaque ? 'removed' : 'absent';
      throw error;
    }
    if (stats.isSymbolicLink()) return 'link';
    // A whiteout is a character device 0:0.
    if (stats.isCharacterDevice() && stats.rdev === 0) return 'removed';
    const last = index === parts.length - 1;
    if (last) return stats.isFile() ? 'file' : 'removed';
    if (!stats.isDirectory()) return 'removed';
    opaque ||= isOpaque(path);
  }
  return 'absent';
}

function isOpaque(path: string): boolean {
  const value = getXattr(path, 'trusted.overlay.opaque') ?? getXattr(path, 'user.overlay.opaque');
  return value !== undefined && Buffer.from(value).toString() === 'y';
}
