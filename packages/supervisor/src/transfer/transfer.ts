/**
 * Moves images from a source to a destination.
 *
 *   source ╲ destination   image store   registry   archive
 *   registry               pull
 *   image store            tag           push       export
 *   archive                import                   the same bytes
 */
import type { Descriptor } from '@drydock/oci/image-spec';
import { hostPlatform } from '@drydock/oci/platform';
import { holds, unpackAny } from '@drydock/rpc/any';
import type { Codec } from '@drydock/rpc/codec';
import { invalidArgument, notImplemented } from '@drydock/rpc/errors';
import type { Any } from '@drydock/rpc/generated/google';
import type { Image } from '@drydock/rpc/generated/images';
import { ImageExportStream, ImageImportStream, ImageStore, OCIRegistry } from '@drydock/rpc/generated/transfer_types';
import { exportArchive } from '@drydock/transfer/export';
import { fetchImage } from '@drydock/transfer/fetch';
import { importArchive } from '@drydock/transfer/import';
import { pushImage } from '@drydock/transfer/push';
import { RegistryError } from '@drydock/transfer/registry/error';
import type { ImageServices } from '@drydock/transfer/services';
import { receiveBytes, sendBytes } from '@drydock/transfer/stream/bytes';
import type { AnyStream } from '@drydock/transfer/stream/stream';
import { readImage } from '@drydock/transfer/tree';
import { unpack } from '@drydock/transfer/unpack';
import { lookUp, platformsOf, storeFound, storeImage, unpackTargets } from './image-store.ts';
import type { ProgressReport } from './progress.ts';
import { openRegistry } from './registry.ts';

export interface TransferContext {
  readonly services: ImageServices;
  readonly report: ProgressReport;
  /** The snapshotter where a request names none. */
  readonly snapshotter: string;
  readonly stream: (name: string) => AnyStream;
  readonly signal: AbortSignal;
}

/** Does what a request asks for. Throws `not implemented` for a pair that there is no way between. */
export async function transfer(context: TransferContext, source: Any, destination: Any): Promise<void> {
  const chosen = ways.find(({ from, to }) => holds(source, from) && holds(destination, to));
  if (chosen === undefined)
    throw notImplemented(`method Transfer not implemented for ${source.typeUrl} to ${destination.typeUrl}`);
  await chosen.run(context, source, destination);
}

/** What leads from one type of source to one type of destination. */
function way<From, To>(
  from: Codec<From>,
  to: Codec<To>,
  run: (context: TransferContext, source: From, destination: To) => Promise<void>,
) {
  return {
    from,
    to,
    run: (context: TransferContext, source: Any, destination: Any) =>
      run(context, unpackAny(from, source), unpackAny(to, destination)),
  };
}

const ways = [
  way(OCIRegistry, ImageStore, pull),
  way(ImageStore, OCIRegistry, push),
  way(ImageStore, ImageStore, tag),
  way(ImageImportStream, ImageStore, importStream),
  way(ImageStore, ImageExportStream, exportStream),
  way(ImageImportStream, ImageExportStream, echo),
];

async function pull(context: TransferContext, registry: OCIRegistry, store: ImageStore): Promise<void> {
  const { services, report, snapshotter } = context;
  const name = `OCI Registry (${registry.reference})`;
  report.tell(`Resolving from ${name}`);
  const remote = openRegistry(registry, { ...context, purpose: 'pull' });
  const target = await remote.resolve().catch((error: RegistryError) => {
    throw new RegistryError(error.kind, `failed to resolve image: ${error.message}`, { cause: error });
  });
  report.tell(`Pulling from ${name}`);
  report.tell('fetching image content', { name: registry.reference, target });
  await fetchImage(services, remote, target, {
    platforms: platformsOf(store.platforms),
    allMetadata: store.allMetadata,
    unpack: unpackTargets(store, snapshotter),
    onEvent: (event) => report.blob(event, registry.reference),
  });
  for (const image of await storeImage(services.images, store, target))
    report.tell('saved', { name: image.name, target });
  report.tell(`Completed pull from ${name}`);
}

async function push(context: TransferContext, store: ImageStore, registry: OCIRegistry): Promise<void> {
  const { services, report } = context;
  const name = `OCI Registry (${registry.reference})`;
  const image = await only(context, store);
  const target = targetOf(image);
  report.tell(`Pushing to ${name}`);
  report.tell('pushing content', { name: image.name, target });
  const remote = openRegistry(registry, { ...context, purpose: 'push' });
  await pushImage(services, remote, target, {
    platforms: platformsOf(store.platforms),
    onEvent: (event) => report.blob(event, image.name),
  });
  report.tell('pushed content', { name: image.name, target });
  report.tell(`Completed push to ${name}`, { target });
}

async function tag(context: TransferContext, from: ImageStore, to: ImageStore): Promise<void> {
  await storeImage(context.services.images, to, targetOf(await only(context, from)));
}

async function importStream(context: TransferContext, { stream }: ImageImportStream, store: ImageStore): Promise<void> {
  const { services, report, snapshotter } = context;
  report.tell('Importing');
  const { index, images } = await importArchive(services.content, receiveBytes(context.stream(stream)));
  for (const { platform, snapshotter: name } of unpackTargets(store, snapshotter))
    for (const { target } of images)
      await unpack(services, await readImage(services.content, target, platform), { snapshotter: name });
  const saved: [Image, Descriptor][] = [];
  const keep = (stored: Image[], target: Descriptor) =>
    saved.push(...stored.map((image) => [image, target] as [Image, Descriptor]));
  if (store.name !== '') keep(await storeImage(services.images, { ...store, extraReferences: [] }, index), index);
  for (const { name, target } of images) keep(await storeFound(services.images, store, named(target, name)), target);
  for (const [image, target] of saved) report.tell('saved', { name: image.name, target });
  report.tell('Completed import');
}

async function exportStream(
  context: TransferContext,
  store: ImageStore,
  destination: ImageExportStream,
): Promise<void> {
  const { services, report } = context;
  report.tell('Exporting');
  const images = (await lookUp(services.images, store)).map((image) => ({ name: image.name, target: targetOf(image) }));
  const { platforms, allPlatforms } = destination;
  const bytes = exportArchive(services.content, images, {
    platforms: allPlatforms ? 'all' : platforms.length === 0 ? [hostPlatform] : platformsOf(platforms),
    skipManifestJson: destination.skipCompatibilityManifest,
    skipNonDistributable: destination.skipNonDistributable,
  });
  await sendBytes(context.stream(destination.stream), bytes);
  report.tell('Completed export');
}

async function echo(context: TransferContext, from: ImageImportStream, to: ImageExportStream): Promise<void> {
  await sendBytes(context.stream(to.stream), receiveBytes(context.stream(from.stream)));
}

/** The one image that a store names. */
async function only({ services }: TransferContext, { name }: ImageStore): Promise<Image> {
  const { image } = await services.images.get({ name });
  if (image === undefined) throw invalidArgument(`image ${name}: without content: invalid argument`);
  return image;
}

function targetOf({ name, target }: Image): Descriptor {
  if (target === undefined) throw invalidArgument(`image ${name}: without a target: invalid argument`);
  return { ...target };
}

/** The target with the archive's name for it, where {@link storeFound} looks for one. */
function named(target: Descriptor, name: string | undefined): Descriptor {
  if (name === undefined) return target;
  return { ...target, annotations: { ...target.annotations, 'io.containerd.image.name': name } };
}
