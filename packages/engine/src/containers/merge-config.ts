/** Completes a container's settings from its image's. */
import type { ImageConfig } from '@drydock/oci/image-spec';
import { check } from '../api/body.ts';
import { ContainerConfig } from '../api/schemas/container-config.ts';

/** The container's own word counts; maps and the environment are united. */
export function mergeConfig(own: ContainerConfig, imageConfig: ImageConfig['config']): ContainerConfig {
  const image = check(imageConfig ?? {}, ContainerConfig);
  // A new entry point makes the image's command meaningless.
  const takesEntrypoint = own.Entrypoint === null || own.Entrypoint.length === 0;
  const clearsEntrypoint = own.Entrypoint?.length === 1 && own.Entrypoint[0] === '';
  const takesCommand = takesEntrypoint && (own.Cmd === null || own.Cmd.length === 0);
  return {
    ...own,
    User: own.User || image.User,
    ExposedPorts: united(image.ExposedPorts, own.ExposedPorts),
    Env: mergeEnv(own.Env, image.Env),
    Labels: { ...image.Labels, ...own.Labels },
    Cmd: takesCommand && !clearsEntrypoint ? image.Cmd : own.Cmd,
    Entrypoint: clearsEntrypoint ? null : takesEntrypoint ? image.Entrypoint : own.Entrypoint,
    WorkingDir: own.WorkingDir || image.WorkingDir,
    Volumes: united(image.Volumes, own.Volumes),
    StopSignal: own.StopSignal || image.StopSignal,
    Healthcheck: own.Healthcheck ?? image.Healthcheck,
    OnBuild: own.OnBuild ?? image.OnBuild,
    Shell: own.Shell ?? image.Shell,
  };
}

function united<T>(image: Record<string, T> | null, own: Record<string, T> | null): Record<string, T> | null {
  const all = { ...image, ...own };
  return Object.keys(all).length > 0 ? all : null;
}

/** The container's variables, then those of the image that it does not set. */
function mergeEnv(own: string[] | null, image: string[] | null): string[] | null {
  if (own === null || own.length === 0) return image;
  const names = new Set(own.map((entry) => entry.split('=', 1)[0]));
  return [...own, ...(image ?? []).filter((entry) => !names.has(entry.split('=', 1)[0]))];
}
