/** `docker image inspect`. */

import type { ImageConfig } from '@drydock/oci/image-spec';
import { zeroTime } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { compareVersions } from '../version.ts';
import type { Image } from './image.ts';

/** An image as `GET /images/{name}/json` shows it; `version` is the API's. */
export function inspectImage(
  { images, containerd }: Pick<Engine, 'images' | 'containerd'>,
  image: Image,
  version: string,
): object {
  const { config } = image;
  const old = compareVersions(version, '1.44') < 0;
  const digests = images.digestsOf(image.id);
  const lastTag = images
    .namesOf(image.id)
    .map(({ updatedAt }) => updatedAt)
    .sort()
    .at(-1);
  return {
    Id: image.id,
    RepoTags: images.tagsOf(image.id),
    RepoDigests: digests,
    Parent: '',
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: config.created ?? zeroTime,
    ...(old ? { Container: text(config, 'container'), ContainerConfig: containerConfig({}) } : {}),
    DockerVersion: text(config, 'docker_version'),
    Author: config.author ?? '',
    Config: containerConfig(config.config ?? {}),
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    Size: image.size,
    ...(old ? { VirtualSize: image.size } : {}),
    GraphDriver: { Data: null, Name: containerd.snapshotter },
    RootFS: { Type: 'layers', ...(image.diffIds.length > 0 ? { Layers: image.diffIds } : {}) },
    Metadata: { LastTagTime: lastTag ?? zeroTime },
  };
}

/** An image's container settings with every field that Docker prints. */
function containerConfig(config: NonNullable<ImageConfig['config']> | Record<string, never>): object {
  const known = {
    Hostname: '', Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false, Tty: false,
    OpenStdin: false, StdinOnce: false, Env: null, Cmd: null, Image: '', Volumes: null, WorkingDir: '', Entrypoint: null,
    OnBuild: null, Labels: null,
  }; // biome-ignore format: a table
  const given = Object.entries(config).filter(([, value]) => value !== undefined && value !== null);
  return { ...known, ...Object.fromEntries(given) };
}

function text(config: ImageConfig, key: string): string {
  const value = config[key];
  return typeof value === 'string' ? value : '';
}
