/** `docker push`: an image's blobs and its manifest, unchanged, to a registry. */
import { familiarName, fullName, parseReference, type Reference, repositoryOf } from '@drydock/oci/reference';
import type { Engine } from '../engine.ts';
import { systemError } from '../errors.ts';
import { shortId } from '../ids.ts';
import { readBlob, streamBlob } from './blobs.ts';
import { distributable } from './distributable.ts';
import type { Target } from './image.ts';
import { imageEvent } from './image-event.ts';
import { inRepository } from './image-store.ts';
import { layerProgress, layerStatus, type ProgressSink, throttled } from './progress/progress.ts';
import { expectStatus, RegistryClient } from './registry/client.ts';
import type { Credentials } from './registry/credentials.ts';
import { endpointsOf } from './registry/endpoint.ts';

export interface PushOptions {
  readonly credentials: Credentials;
  readonly progress: ProgressSink;
  readonly signal?: AbortSignal | undefined;
}

/** Pushes one tag, or with no tag all tags of the repository. */
export async function pushImage(engine: Engine, reference: Reference, options: PushOptions): Promise<void> {
  const repository = repositoryOf(reference);
  await options.progress({ status: `The push refers to repository [${repository}]` });
  const [endpoint] = endpointsOf(reference.domain, engine.config.registries, 'push');
  const client = new RegistryClient({ ...options, endpoint: endpoint!, repository: reference.path, purpose: 'push' });
  for (const name of namesToPush(engine, reference)) await pushOne(engine, client, name, options);
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

async function pushOne(engine: Engine, client: RegistryClient, name: string, { progress }: PushOptions): Promise<void> {
  const { tag, ...rest } = parseReference(name);
  const image = await distributable(engine, name, progress);
  const { manifest, manifestTarget, diffIds } = image;
  const layers = manifest.layers.map((blob, index) => ({ blob, id: shortId(diffIds[index]!) })).reverse();
  for (const { id } of layers) await progress(layerStatus(id, 'Preparing'));
  for (const { blob, id } of layers) {
    const show = throttled((current) => void progress(layerProgress(id, 'Pushing', current, blob.size)), blob.size);
    const sent = await pushBlob(engine, client, blob, show);
    await progress(layerStatus(id, sent ? 'Pushed' : 'Layer already exists'));
  }
  await pushBlob(engine, client, manifest.config);
  await pushManifest(engine, client, tag!, manifestTarget);
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

/** Sends a blob unless the registry has it. Answers whether it was sent. */
async function pushBlob(
  engine: Engine,
  client: RegistryClient,
  { digest, size }: Target,
  show?: (current: number) => void,
): Promise<boolean> {
  const known = await client.request(`blobs/${digest}`, { method: 'HEAD' });
  await known.body.dump();
  if (known.statusCode === 200) return false;
  const begun = await client.request('blobs/uploads/', { method: 'POST', headers: { 'content-length': '0' } });
  await expectStatus(begun, [202]);
  await begun.body.dump();
  const location = begun.headers.location;
  if (typeof location !== 'string') throw systemError('the registry named no location for the upload');
  const url = new URL(location, await client.url());
  url.searchParams.set('digest', digest);
  const done = await client.request(url.href, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    body: counted(streamBlob(engine.containerd.content, digest), show) as never,
  });
  await expectStatus(done, [201]);
  await done.body.dump();
  return true;
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  show: ((current: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of source) {
    yield chunk;
    sent += chunk.length;
    show?.(sent);
  }
}

async function pushManifest(
  { containerd }: Engine,
  client: RegistryClient,
  tag: string,
  { mediaType, digest }: Target,
): Promise<void> {
  const body = await readBlob(containerd.content, digest);
  const response = await client.request(`manifests/${tag}`, {
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
