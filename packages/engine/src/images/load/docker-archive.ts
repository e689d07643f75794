/** Images in `docker save` archives: manifest.json names the configuration and layers of each (image-spec v1.2). */
import { ImageConfig, type Manifest } from '@drydock/oci/image-spec';
import { type Compression, MediaType } from '@drydock/oci/media-types';
import { z } from 'zod';
import { badParameter } from '../../errors.ts';
import { parseDocument } from '../read-image.ts';
import type { FoundImage } from './found-image.ts';
import type { Archive } from './ingest.ts';

const Entries = z.array(
  z.looseObject({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()).nullish() }),
);

const layerTypes: Readonly<Record<Compression, string>> = {
  none: MediaType.dockerLayer,
  gzip: MediaType.dockerLayerGzip,
  zstd: MediaType.dockerLayerZstd,
};

/** The images of an archive with a manifest.json; their manifests are made here, since the format has none. */
export function readDockerArchive(archive: Archive): FoundImage[] {
  const index = archive.get('manifest.json');
  if (index?.document === undefined) throw badParameter('manifest.json is missing or malformed');
  return parseDocument(index.document, 'manifest.json', Entries).map((entry) => readEntry(archive, entry));
}

function readEntry(archive: Archive, { Config, RepoTags, Layers }: z.output<typeof Entries>[number]): FoundImage {
  const configFile = archive.get(Config);
  if (configFile?.document === undefined)
    throw badParameter(`manifest.json: configuration ${Config} is not in the archive`);
  const config = parseDocument(configFile.document, Config, ImageConfig);
  const diffIds = config.rootfs.diff_ids ?? [];
  const paths = Layers ?? [];
  if (paths.length !== diffIds.length)
    throw badParameter(`invalid manifest, layers length mismatch: expected ${paths.length}, got ${diffIds.length}`);
  const layers = paths.map((path) => {
    const file = archive.get(path);
    if (file === undefined) throw badParameter(`manifest.json: layer ${path} is not in the archive`);
    return { mediaType: layerTypes[file.compression], digest: file.digest, size: file.size };
  });
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.dockerManifest,
    config: { mediaType: MediaType.dockerConfig, digest: configFile.digest, size: configFile.size },
    layers,
  };
  return {
    names: RepoTags ?? [],
    manifest,
    manifestBytes: Buffer.from(JSON.stringify(manifest, null, 3)),
    config,
    index: undefined,
  };
}
