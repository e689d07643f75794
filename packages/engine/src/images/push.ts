/** `docker push`: an image's blobs and its manifest, unchanged, to a registry. */
import { familiarName, fullName, parseReference, type Reference, repositoryOf } from '@drydock/oci/reference';
import { readBlob, streamBlob } from '@drydock/transfer/blobs';
import { expectStatus, type Repository } from '@drydock/transfer/registry/repository';
import { pushBlob } from '@drydock/transfer/registry/upload';
import type { Engine } from '../engine.ts';
import { systemError } from '../errors.ts';
import { shortId } from '../ids.ts';
import { distributable } from './distributable.ts';
import type { Target } from './image.ts';
import { imageEvent } from './image-event.ts';
import { inRepository } from './image-store.ts';
import { layerProgress, layerStatus, type ProgressSink, throttled } from './progress/progress.ts';
import type { Credentials } from './registry/credentials.ts';
import { openRepository } from './registry/open.ts';

export interface PushOptions {
  readonly credentials: Credentials;
  readonly progress: ProgressSink;
  readonly signal?: AbortSignal | undefined;
}

/** Pushes one tag, or with no tag all tags of the repository. */
export async function pushImage(engine: Engine, reference: Reference, options: PushOptions): Promise<void> {
  const repository = repositoryOf(reference);
  await options.progress({ status: `The push refers to repository [${repository}]` });
  const target = await openRepository(engine, reference, { ...options, purpose: 'push' });
  for (const name of namesToPush(engine, reference)) await pushOne(engine, target, name, options);
}

function namesToPush(engine: Engine, reference: Reference): string[] {
  if (reference.tag !== undefined) {
    if (engine.images.lookupName(fullName(reference)) !== undefined) return [fullName(reference)];
    throw systemError(
      tagsOf(engine, reference).length > 0
        ? `tag does not exist: ${familiarName(reference)}`
        : `An image does not exist locally with the tag: ${familiarName({ ...reference, tag: undefined })}`,
    );
  }
  const tagged = tagsOf(engine, reference);
  if (tagged.length === 0)
    throw systemError(`An image does not exist locally with the tag: ${familiarName(reference)}`);
  return tagged;
}

/** The full names with a tag in a reference's repository. */
function tagsOf({ images }: Engine, reference: Reference): string[] {
  const names = images.list().flatMap(({ id }) => inRepository(images.namesOf(id), repositoryOf(reference)));
  return names.map(({ name }) => name).filter((name) => parseReference(name).digest === undefined);
}

async function pushOne(engine: Engine, target: Repository, name: string, { progress }: PushOptions): Promise<void> {
  const { tag, ...rest } = parseReference(name);
  const image = await distributable(engine, name, progress);
  const { manifest, manifestTarget, diffIds } = image;
  const layers = manifest.layers.map((blob, index) => ({ blob, id: shortId(diffIds[index]!) })).reverse();
  for (const { id } of layers) await progress(layerStatus(id, 'Preparing'));
  for (const { blob, id } of layers) {
    const show = throttled((current) => void progress(layerProgress(id, 'Pushing', current, blob.size)), blob.size);
    const outcome = await pushBlob(target, { ...blob, read: reader(engine, blob.digest), progress: show });
    await progress(layerStatus(id, outcome === 'exists' ? 'Layer already exists' : 'Pushed'));
  }
  await pushBlob(target, { ...manifest.config, read: reader(engine, manifest.config.digest) });
  await pushManifest(engine, target, tag!, manifestTarget);
  await engine.images.assign(fullName({ ...rest, tag: undefined, digest: manifestTarget.digest }), manifestTarget);
  const { digest, size } = manifestTarget;
  await progress({ status: `${tag}: digest: ${digest} size: ${size}` });
  await progress({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } });
  imageEvent(
    engine,
    'push',
    familiarName(parseReference(name)),
    familiarName({ ...rest, tag: undefined, digest: undefined }),
  );
}

/** Reads a blob from an offset on. */
function reader({ containerd }: Engine, digest: string): (offset: number) => AsyncIterable<Uint8Array> {
  return (offset) => streamBlob(containerd.content, digest, offset);
}

async function pushManifest(
  { containerd }: Engine,
  target: Repository,
  tag: string,
  { mediaType, digest }: Target,
): Promise<void> {
  const body = await readBlob(containerd.content, digest);
  const response = await target.request(`manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body,
  });
  await expectStatus(response, [201]);
  await response.body.dump();
  const answered = response.headers['docker-content-digest'];
  if (typeof answered === 'string' && answered !== digest)
    throw systemError(`the registry stored the manifest as ${answered}, not ${digest}`);
}
