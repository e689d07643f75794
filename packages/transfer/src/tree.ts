/** The documents of an image as a tree: an index has manifests, a manifest has a configuration and layers. */
import { type Descriptor, ImageConfig, Index, Manifest, type Platform } from '@drydock/oci/image-spec';
import { isIndex, isManifest } from '@drydock/oci/media-types';
import { formatPlatform, hostPlatform, platformMatches } from '@drydock/oci/platform';
import { RpcError } from '@drydock/rpc/errors';
import { readJson, statBlob } from './blobs.ts';
import type { ImageServices } from './services.ts';

type Content = ImageServices['content'];

/** Which of an index's manifests are meant: those for any of some platforms, or all. */
export type Platforms = readonly Platform[] | 'all';

/** What a document refers to, in its order. */
export function childrenOf(mediaType: string, document: unknown): readonly Descriptor[] {
  if (isIndex(mediaType)) return Index.parse(document).manifests;
  if (!isManifest(mediaType)) return [];
  const { config, layers } = Manifest.parse(document);
  return [config, ...layers];
}

/** The labels by which the garbage collector finds what a document refers to. */
export function referenceLabels(mediaType: string, children: readonly Descriptor[]): Record<string, string> {
  const names = isIndex(mediaType)
    ? children.map((_, index) => `m.${index}`)
    : children.map((_, index) => (index === 0 ? 'config' : `l.${index - 1}`));
  return Object.fromEntries(
    names.map((name, index) => [`containerd.io/gc.ref.content.${name}`, children[index]!.digest]),
  );
}

/** The manifests of an index for the platforms, the best match of each; those without a platform count for every one. */
export function chosenFrom(manifests: readonly Descriptor[], platforms: Platforms): readonly Descriptor[] {
  if (platforms === 'all') return manifests;
  const matches = platforms.flatMap((wanted) => {
    const match = manifests.find(({ platform }) => platform !== undefined && platformMatches(wanted, platform));
    return match === undefined ? [] : [match];
  });
  const found = matches.length > 0 ? matches : manifests.filter(({ platform }) => platform === undefined);
  return [...new Set(found)];
}

/** An image for one platform. */
export interface PlatformImage {
  readonly target: Descriptor;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
}

/** Reads the manifest and configuration that a platform uses. Throws `not found` if the image has none for it. */
export async function readImage(
  content: Content,
  target: Descriptor,
  platform: Platform = hostPlatform,
): Promise<PlatformImage> {
  const document = await readJson(content, target.digest);
  if (isIndex(target.mediaType)) {
    const [chosen] = chosenFrom(Index.parse(document).manifests, [platform]);
    if (chosen === undefined)
      throw new RpcError(
        'not found',
        `no match for platform in manifest ${target.digest}: ${formatPlatform(platform)}: not found`,
      );
    return readImage(content, chosen, platform);
  }
  const manifest = Manifest.parse(document);
  return { target, manifest, config: ImageConfig.parse(await readJson(content, manifest.config.digest)) };
}

/** A document or blob of an image, and whether its bytes are there. */
export interface TreeNode {
  readonly descriptor: Descriptor;
  readonly children: readonly TreeNode[];
  readonly present: boolean;
}

/** Reads a tree as far as it is there. Of an index only the chosen manifests are looked at. */
export async function readTree(content: Content, descriptor: Descriptor, platforms: Platforms): Promise<TreeNode> {
  const { mediaType, digest } = descriptor;
  const present = (await statBlob(content, digest)) !== undefined;
  if (!present || !(isIndex(mediaType) || isManifest(mediaType))) return { descriptor, present, children: [] };
  const below = childrenOf(mediaType, await readJson(content, digest));
  const wanted = isIndex(mediaType) ? chosenFrom(below, platforms) : below;
  const children: TreeNode[] = [];
  for (const child of wanted) children.push(await readTree(content, child, platforms));
  return { descriptor, present, children };
}

/** All nodes of a tree, what is referred to before what refers to it, each digest once. */
export function bottomUp(root: TreeNode): TreeNode[] {
  const seen = new Set<string>();
  const nodes: TreeNode[] = [];
  const visit = (node: TreeNode): void => {
    if (seen.has(node.descriptor.digest)) return;
    seen.add(node.descriptor.digest);
    for (const child of node.children) visit(child);
    nodes.push(node);
  };
  visit(root);
  return nodes;
}
