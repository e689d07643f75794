/** `GET /distribution/{name}/json`: what a registry has under a name. */
import { digestOf } from '@drydock/oci/digest';
import { ImageConfig, Index, Manifest } from '@drydock/oci/image-spec';
import { isIndex } from '@drydock/oci/media-types';
import { familiarName, type Reference, withDefaultTag } from '@drydock/oci/reference';
import type { Engine } from '../engine.ts';
import { notFound } from '../errors.ts';
import { parseDocument } from './read-image.ts';
import type { Credentials } from './registry/credentials.ts';
import { openRepository } from './registry/open.ts';

export async function describeDistribution(
  engine: Engine,
  asked: Reference,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<object> {
  const reference = withDefaultTag(asked);
  const repository = await openRepository(engine, reference, { credentials, purpose: 'pull', signal });
  const fetched = await repository.manifest(reference.digest ?? reference.tag!);
  if (fetched === undefined)
    throw notFound(`manifest for ${familiarName(reference)} not found: manifest unknown: manifest unknown`);
  const { bytes, mediaType } = fetched;
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  if (isIndex(mediaType)) {
    const { manifests } = parseDocument(bytes, 'manifest list', Index);
    return { Descriptor: descriptor, Platforms: manifests.map(({ platform }) => platform) };
  }
  const { config } = parseDocument(bytes, 'manifest', Manifest);
  const parts: Uint8Array[] = [];
  for await (const part of repository.blob(config)) parts.push(part);
  const { architecture, os, variant } = parseDocument(Buffer.concat(parts), config.digest, ImageConfig);
  return { Descriptor: descriptor, Platforms: [{ architecture, os, ...(variant ? { variant } : {}) }] };
}
