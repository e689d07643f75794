/** `images list` */
import { ImageConfig, Index, Manifest, type Platform } from '@drydock/oci/image-spec';
import { isIndex } from '@drydock/oci/media-types';
import { formatPlatform, hostPlatform } from '@drydock/oci/platform';
import type { Image } from '@drydock/rpc/generated/images';
import { readJson } from '@drydock/transfer/blobs';
import { bottomUp, readTree } from '@drydock/transfer/tree';
import { command, quiet } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { wordsFlag } from '../../flags/common.ts';
import { binarySize, labelText, printTable } from '../../output.ts';

export const list = command(
  ['list [words..]', 'ls'],
  'list images, those that filters choose',
  (argv) => wordsFlag(quiet(argv)),
  async (supervisor, { quiet: namesOnly, words: filters }) => {
    const { images } = await supervisor.images.list({ filters });
    if (namesOnly) {
      for (const { name } of images) console.log(name);
      return;
    }
    const rows: string[][] = [];
    for (const image of images) rows.push(await row(supervisor, image));
    printTable([['REF', 'TYPE', 'DIGEST', 'SIZE', 'PLATFORMS', 'LABELS'], ...rows], 1);
  },
);

async function row({ content }: Supervisor, { name, target, labels }: Image): Promise<string[]> {
  const { mediaType = '', digest = '', size = 0 } = target ?? {};
  const tree = await readTree(content, { mediaType, digest, size }, [hostPlatform]);
  const total = bottomUp(tree).reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  const platforms = tree.present ? await platformsOf(content, mediaType, digest) : [];
  return [name, mediaType, digest, binarySize(total), platforms.join(',') || '-', labelText(labels, '-')];
}

/** The platforms that an image is for, as far as its documents say so. */
async function platformsOf(content: Supervisor['content'], mediaType: string, digest: string): Promise<string[]> {
  const document = await readJson(content, digest);
  if (isIndex(mediaType)) {
    const { manifests } = Index.parse(document);
    const named = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
    return [...new Set(named)].sort();
  }
  const { config } = Manifest.parse(document);
  const { os, architecture, variant } = ImageConfig.parse(await readJson(content, config.digest));
  return [formatPlatform({ os, architecture, variant } as Platform)];
}
