/** Images that come and go: pull, push, load, save, and what a registry says about one. */
import { parsePlatform } from '@drydock/oci/platform';
import { parseReference, type Reference } from '@drydock/oci/reference';
import { badParameter, messageOf, notImplemented } from '../../errors.ts';
import { describeDistribution } from '../../images/distribution.ts';
import { loadImages } from '../../images/load/load.ts';
import { failure, type ProgressSink } from '../../images/progress/progress.ts';
import { pullImage } from '../../images/pull.ts';
import { pushImage } from '../../images/push.ts';
import { parseCredentials } from '../../images/registry/credentials.ts';
import { saveImages } from '../../images/save.ts';
import type { Context, Endpoint } from '../context.ts';
import { flag, text, texts } from '../query.ts';
import { type BodyStream, goJson, sendJson, startStream } from '../reply.ts';

export const imageTransferEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/images/create', job: 'pull', run: create },
  { method: 'POST', path: '/images/:name/push', job: 'push', run: push },
  { method: 'POST', path: '/images/load', job: 'load', run: load },
  {
    method: 'GET',
    path: '/images/get',
    job: 'save',
    run: (context) =>
      save(
        context,
        texts(context.query, 'names').flatMap((names) => names.split(',')),
      ),
  },
  { method: 'GET', path: '/images/:name/get', job: 'save', run: (context) => save(context, [context.name]) },
  {
    method: 'GET',
    path: '/distribution/:name/json',
    run: async ({ engine, name, headers, reply, signal }) =>
      sendJson(
        reply,
        await describeDistribution(
          engine,
          parseReference(name),
          parseCredentials(headers['x-registry-auth'] as string),
          signal,
        ),
      ),
  },
];

async function create(context: Context): Promise<void> {
  const { engine, query, headers, signal } = context;
  if (text(query, 'fromImage') === undefined)
    throw notImplemented('importing a file system as an image is not supported by this engine yet');
  const platformText = text(query, 'platform') ?? '';
  const platform = platformText === '' ? undefined : parsePlatform(platformText);
  if (platformText !== '' && platform === undefined)
    throw badParameter(`"${platformText}": unknown operating system or architecture: invalid argument`);
  const reference = named(text(query, 'fromImage')!, text(query, 'tag') ?? '');
  const credentials = parseCredentials(headers['x-registry-auth'] as string | undefined);
  await progressing(context, (progress) => pullImage(engine, reference, { credentials, platform, progress, signal }));
}

async function push(context: Context): Promise<void> {
  const { engine, name, query, headers, signal } = context;
  const reference = named(name, text(query, 'tag') ?? '');
  const credentials = parseCredentials(headers['x-registry-auth'] as string | undefined);
  await progressing(context, (progress) => pushImage(engine, reference, { credentials, progress, signal }));
}

async function load(context: Context): Promise<void> {
  const { engine, query, body } = context;
  const load = (progress: ProgressSink): Promise<void> =>
    loadImages(engine, body, { quiet: flag(query, 'quiet'), progress });
  await progressing(context, load, { atOnce: true });
}

function save({ engine, reply }: Context, names: readonly string[]): unknown {
  if (names.length === 0) throw badParameter('no image names given');
  return reply.header('content-type', 'application/x-tar').send(saveImages(engine, names));
}

/** The tag of a query may be a digest. */
function named(repository: string, tag: string): Reference {
  return parseReference(tag === '' ? repository : `${repository}${tag.includes(':') ? '@' : ':'}${tag}`);
}

/** Streams progress. What fails before the first message gets a status of its own; later, it is a message too. */
async function progressing(
  { reply }: Context,
  action: (progress: ProgressSink) => Promise<void>,
  { atOnce = false }: { readonly atOnce?: boolean } = {},
): Promise<void> {
  let stream: BodyStream | undefined = atOnce ? startStream(reply, 'application/json') : undefined;
  const send: ProgressSink = (message) => {
    stream ??= startStream(reply, 'application/json');
    return stream.write(`${goJson(message)}\r\n`);
  };
  try {
    await action(send);
  } catch (error) {
    if (stream === undefined) throw error;
    await send(failure(messageOf(error)));
  }
  stream ??= startStream(reply, 'application/json');
  stream.end();
}
