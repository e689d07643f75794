/**
 * Writes images to a tar archive that OCI tools and `docker load` read: an OCI layout (image-spec, image-layout.md) with the
 * manifest.json of `docker save` beside it.
 */
import { type Descriptor, ImageConfig, Manifest } from '@drydock/oci/image-spec';
import { isIndex, isManifest } from '@drydock/oci/media-types';
import { formatPlatform, hostPlatform } from '@drydock/oci/platform';
import { notFound } from '@drydock/rpc/errors';
import tar from 'tar-stream';
import { readJson, streamBlob } from './blobs.ts';
import type { FoundImage } from './import.ts';
import type { ImageServices } from './services.ts';
import { bottomUp, type Platforms, readTree, type TreeNode } from './tree.ts';

type Content = ImageServices['content'];

export interface ExportOptions {
  readonly platforms: Platforms;
  /** Leaves out manifest.json. */
  readonly skipManifestJson?: boolean;
  /** Leaves out layers that must not be passed on. */
  readonly skipNonDistributable?: boolean;
}

/** The archive's bytes. Fails before the first if a blob is missing. */
export async function* exportArchive(
  content: Content,
  images: readonly FoundImage[],
  options: ExportOptions,
): AsyncGenerator<Uint8Array> {
  const trees = await Promise.all(images.map(({ target }) => readTree(content, target, options.platforms)));
  const nodes = uniqueNodes(trees).filter(
    ({ descriptor: { mediaType } }) => !options.skipNonDistributable || !/nondistributable|foreign/.test(mediaType),
  );
  const missing = nodes.find(({ present }) => !present);
  if (missing !== undefined) throw notFound(`content digest ${missing.descriptor.digest}: not found`);
  const documents = {
    'index.json': indexOf(images),
    ...(options.skipManifestJson ? {} : { 'manifest.json': await manifestJson(content, images, trees) }),
    'oci-layout': { imageLayoutVersion: '1.0.0' },
  };
  const pack = tar.pack();
  const writing = write(pack, content, nodes, documents);
  writing.catch((error) => pack.destroy(error));
  yield* pack as unknown as AsyncIterable<Uint8Array>;
  await writing;
}

async function write(
  pack: tar.Pack,
  content: Content,
  nodes: readonly TreeNode[],
  documents: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const name of ['blobs/', 'blobs/sha256/']) pack.entry({ name, type: 'directory', mode: 0o755, mtime: epoch });
  for (const {
    descriptor: { digest, size },
  } of nodes) {
    const name = `blobs/${digest.replace(':', '/')}`;
    await new Promise<void>((resolve, reject) => {
      const entry = pack.entry({ name, size, mode: 0o444, mtime: epoch }, (error) =>
        error ? reject(error) : resolve(),
      );
      fill(entry, streamBlob(content, digest)).catch(reject);
    });
  }
  for (const [name, document] of Object.entries(documents))
    pack.entry({ name, mode: name === 'oci-layout' ? 0o444 : 0o644, mtime: epoch }, JSON.stringify(document));
  pack.finalize();
}

async function fill(entry: NodeJS.WritableStream, source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source)
    if (!entry.write(chunk)) await new Promise<void>((resolve) => entry.once('drain', () => resolve()));
  entry.end();
}

/** The same images give the same bytes. */
const epoch = new Date(0);

function uniqueNodes(trees: readonly TreeNode[]): TreeNode[] {
  const found = new Map(trees.flatMap(bottomUp).map((node) => [node.descriptor.digest, node]));
  return [...found.values()].sort((a, b) => (a.descriptor.digest < b.descriptor.digest ? -1 : 1));
}

/** The layout's index: each image under its name. */
function indexOf(images: readonly FoundImage[]): object {
  const manifests = images.map(({ name, target: { mediaType, digest, size, platform } }) => ({
    mediaType,
    digest,
    size,
    ...(platform === undefined ? {} : { platform }),
    ...(name === undefined ? {} : { annotations: namesOf(name) }),
  }));
  return { schemaVersion: 2, manifests };
}

function namesOf(name: string): Record<string, string> {
  const tag = /:([\w][\w.-]*)$/.exec(name)?.[1];
  return { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag ?? name };
}

/** What `docker load` reads: for each configuration its layers and its names. */
async function manifestJson(
  content: Content,
  images: readonly FoundImage[],
  trees: readonly TreeNode[],
): Promise<object[]> {
  const entries = new Map<string, { Config: string; RepoTags: string[]; Layers: string[] }>();
  for (const [index, { name }] of images.entries()) {
    const chosen = await manifestFor(content, trees[index]!);
    if (chosen === undefined) continue;
    const { config, layers } = Manifest.parse(await readJson(content, chosen.digest));
    const path = (blob: Descriptor): string => `blobs/${blob.digest.replace(':', '/')}`;
    const entry = entries.get(config.digest) ?? { Config: path(config), RepoTags: [], Layers: layers.map(path) };
    if (name !== undefined) entry.RepoTags.push(name.replace(/^docker\.io\/(library\/)?/, ''));
    entries.set(config.digest, entry);
  }
  return [...entries.values()];
}

/** The manifest of a tree for this machine, or else its first. */
async function manifestFor(content: Content, tree: TreeNode): Promise<Descriptor | undefined> {
  const manifests = bottomUp(tree).filter(({ descriptor: { mediaType } }) => isManifest(mediaType));
  if (!isIndex(tree.descriptor.mediaType)) return manifests[0]?.descriptor;
  for (const { descriptor } of manifests) {
    const { config } = Manifest.parse(await readJson(content, descriptor.digest));
    const platform = ImageConfig.safeParse(await readJson(content, config.digest)).data;
    if (
      platform !== undefined &&
      formatPlatform({ os: platform.os, architecture: platform.architecture }) ===
        formatPlatform({ os: hostPlatform.os, architecture: hostPlatform.architecture })
    )
      return descriptor;
  }
  return manifests[0]?.descriptor;
}
