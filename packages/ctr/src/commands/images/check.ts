/** `images check`: what of each image is there. */
import { chainId } from '@drydock/oci/digest';
import type { Descriptor } from '@drydock/oci/image-spec';
import { isIndex, isManifest } from '@drydock/oci/media-types';
import { hostPlatform } from '@drydock/oci/platform';
import type { Image } from '@drydock/rpc/generated/images';
import { bottomUp, readImage, readTree } from '@drydock/transfer/tree';
import { exists } from '@drydock/transfer/unpack';
import { command, quiet } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { binarySize, printTable } from '../../output.ts';

export const check = command(
  'check [words..]',
  'whether the content of images is all there, and unpacked',
  (argv) => snapshotterFlag(wordsFlag(quiet(argv))),
  async (supervisor, { quiet: namesOnly, words: filters, snapshotter }) => {
    const { images } = await supervisor.images.list({ filters });
    const rows: string[][] = [];
    for (const image of images) {
      const state = await stateOf(supervisor, image, snapshotter);
      if (namesOnly && state.isReady) console.log(image.name);
      rows.push(state.row);
    }
    if (!namesOnly)
      printTable([['REF', 'TYPE', 'DIGEST', 'STATUS', 'SIZE', 'UNPACKED'], ...rows], 1, { trimmed: true });
  },
);

async function stateOf(supervisor: Supervisor, { name, target }: Image, snapshotter: string) {
  const descriptor: Descriptor = { mediaType: '', digest: '', size: 0, ...target };
  const tree = await readTree(supervisor.content, descriptor, [hostPlatform]);
  const parts = bottomUp(tree).filter(({ descriptor: { mediaType } }) => !isIndex(mediaType) && !isManifest(mediaType));
  const present = parts.filter((part) => part.present);
  const bytes = (nodes: typeof parts): number => nodes.reduce((sum, node) => sum + node.descriptor.size, 0);
  const isComplete = tree.present && present.length === parts.length;
  const status = !tree.present
    ? 'unavailable (0/?)'
    : `${isComplete ? 'complete' : 'incomplete'} (${present.length}/${parts.length})`;
  const size = tree.present ? `${binarySize(bytes(present))}/${binarySize(bytes(parts))}` : '?';
  const unpacked = isComplete && (await isUnpacked(supervisor, descriptor, snapshotter));
  const row = [name, descriptor.mediaType, descriptor.digest, status, size, String(unpacked)];
  return { row, isReady: isComplete && unpacked };
}

async function isUnpacked(supervisor: Supervisor, target: Descriptor, snapshotter: string): Promise<boolean> {
  const { config } = await readImage(supervisor.content, target);
  return exists(supervisor, snapshotter, chainId(config.rootfs.diff_ids ?? []));
}
