/** `images inspect` and `usage`: what an image is made of, and what its snapshots take (ctr 2.x). */
import type { Descriptor } from '@drydock/oci/image-spec';
import { isIndex, isManifest } from '@drydock/oci/media-types';
import { formatPlatform } from '@drydock/oci/platform';
import { readBlob } from '@drydock/transfer/blobs';
import { readTree, type TreeNode } from '@drydock/transfer/tree';
import { exists } from '@drydock/transfer/unpack';
import { command } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { snapshotterFlag, wordsFlag } from '../../flags/common.ts';
import { findImage, imageDocuments } from '../../image/find.ts';
import { binarySize, printTable } from '../../output.ts';
import { need } from '../../words.ts';

export const inspect = command(
  ['inspect [words..]', 'i'],
  'inspect IMAGE: an image as a tree',
  (argv) =>
    wordsFlag(argv).option('content', { type: 'boolean', default: false, describe: 'print the documents, too' }),
  async (supervisor, { words, content }) => {
    const name = need(words[0], 'please provide an image reference to inspect');
    const { target } = await findImage(supervisor, name);
    console.log(name);
    await printNode(supervisor, await readTree(supervisor.content, target, 'all'), {
      isLast: true,
      indent: '',
      content,
    });
  },
);

interface Place {
  readonly isLast: boolean;
  readonly indent: string;
  readonly content: boolean;
}

async function printNode(supervisor: Supervisor, node: TreeNode, { isLast, indent, content }: Place): Promise<void> {
  const { descriptor, children, present } = node;
  const { mediaType, digest, size } = descriptor;
  console.log(
    `${indent}${isLast ? '└' : '├'}─── ${mediaType} @${digest} (${size} bytes)${present ? platformText(descriptor) : ' not found'}`,
  );
  const below = `${indent}${isLast ? ' ' : '│'}    `;
  if (content && present && (isIndex(mediaType) || isManifest(mediaType) || /config|container\.image/.test(mediaType)))
    console.log(await documentText(supervisor, digest, `${below}${children.length > 0 ? '│' : ' '}        `));
  for (const [index, child] of children.entries())
    await printNode(supervisor, child, { isLast: index === children.length - 1, indent: below, content });
}

function platformText({ platform }: Descriptor): string {
  return platform === undefined ? '' : `\n     Platform: ${formatPlatform(platform)}`.replace('\n    ', '');
}

async function documentText(supervisor: Supervisor, digest: string, indent: string): Promise<string> {
  const text = JSON.stringify(JSON.parse((await readBlob(supervisor.content, digest)).toString()), undefined, 2);
  return text
    .split('\n')
    .map((line) => `${indent}${line}`)
    .join('\n');
}

export const usage = command(
  'usage [words..]',
  "usage IMAGE: what an image's snapshots take",
  (argv) => snapshotterFlag(wordsFlag(argv)),
  async (supervisor, { words, snapshotter }) => {
    const name = need(words[0], 'please provide an image reference to mount');
    const { chain } = await imageDocuments(supervisor, name);
    if (!(await exists(supervisor, snapshotter, chain)))
      throw new Error(`image ${name} isn't unpacked in snapshotter ${snapshotter}`);
    const rows: string[][] = [];
    for (let key = chain; key !== ''; ) {
      const { size, inodes } = await supervisor.snapshots.usage({ snapshotter, key });
      rows.push([key, binarySize(size), String(inodes)]);
      key = (await supervisor.snapshots.stat({ snapshotter, key })).info?.parent ?? '';
    }
    printTable([['KEY', 'SIZE', 'INODES'], ...rows], 1);
  },
);
