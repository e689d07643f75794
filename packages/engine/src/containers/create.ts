/** `docker create`: checks the settings, completes them from the image, makes the file tree and the volumes. */
import { mkdirSync, rmSync } from 'node:fs';
import type { Mount } from '@drydock/rpc/generated/types';
import { check } from '../api/body.ts';
import type { CreateBody } from '../api/schemas/create.ts';
import { HostConfig } from '../api/schemas/host-config.ts';
import { timestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { badParameter } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Image } from '../images/image.ts';
import { writeNetworkFiles } from '../networks/network-files.ts';
import { checkNetwork, networkKind } from '../networks/network-mode.ts';
import { type Container, containerPaths } from './container.ts';
import { containerEvent } from './container-event.ts';
import { completeHostConfig } from './host-config-defaults.ts';
import { mergeConfig } from './merge-config.ts';
import { planMounts } from './mount-points.ts';
import { makeName } from './names.ts';
import { populateVolumes } from './populate-volumes.ts';
import { realizeMounts, releaseVolumes } from './realize-mounts.ts';
import { initialState } from './record.ts';
import { createRootfs, removeRootfs } from './rootfs.ts';
import { validateConfig, validateHostConfig, validateName } from './validate.ts';
import { checkWorkingDirectory } from './working-directory.ts';

export interface CreateOptions {
  readonly body: CreateBody;
  /** Without a slash; undefined for one that the engine makes up. */
  readonly name: string | undefined;
}

export interface Created {
  readonly container: Container;
  readonly warnings: readonly string[];
}

/** Creates a container. If a step fails, nothing of it stays. */
export async function createContainer(engine: Engine, { body, name }: CreateOptions): Promise<Created> {
  const { HostConfig: asked, NetworkingConfig: networking, ...own } = body;
  const hostConfig = asked ?? check({}, HostConfig);
  validateConfig(own);
  const warnings = validateHostConfig(engine, hostConfig);
  if (body.Image === '') throw badParameter('Config cannot be empty in order to create a container');
  const image = engine.images.find(body.Image);
  if (name !== undefined) validateName(name);
  const config = mergeConfig(own, image.config.config);
  const [path, ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (path === undefined) throw badParameter('No command specified');
  checkNetwork(hostConfig, networking?.EndpointsConfig ?? {});
  if (config.Healthcheck !== null && !['NONE', undefined].includes(config.Healthcheck.Test?.[0]))
    warnings.push('Health checks are kept, but not run: this engine does not support them yet.');
  const id = newId();
  const chosen = reserveName(engine, id, name);
  try {
    const container = engine.containers.prepare({
      id,
      name: chosen,
      createdAt: timestamp(),
      path,
      args,
      imageId: image.id,
      chainId: image.chainId,
      config: { ...config, Hostname: hostnameOf(engine, config.Hostname, hostConfig, id) },
      hostConfig: completeHostConfig(engine, hostConfig),
      mounts: [],
      state: initialState,
      restartCount: 0,
      stoppedByUser: false,
      sandboxId: '',
    });
    await furnish(engine, container, image);
    engine.containers.add(container);
    containerEvent(engine, container, 'create');
    return { container, warnings };
  } catch (error) {
    engine.containers.releaseName(chosen);
    throw error;
  }
}

/** Makes what the container needs on disk, or nothing. */
async function furnish(engine: Engine, container: Container, image: Image): Promise<void> {
  const { config, hostConfig } = container.record;
  const plans = planMounts(config, hostConfig, (name) => engine.containers.find(name).record.mounts);
  mkdirSync(container.paths.directory, { recursive: true, mode: 0o710 });
  let rootfs: Mount[] | undefined;
  try {
    rootfs = await createRootfs(engine, container.id, image);
    container.rootfs = rootfs;
    container.update({ mounts: realizeMounts(engine, plans) });
    writeNetworkFiles(container);
    if (config.WorkingDir !== '' && config.WorkingDir !== '/')
      await checkWorkingDirectory(engine, rootfs, config.WorkingDir);
    await populateVolumes(engine, container, rootfs);
  } catch (error) {
    if (rootfs !== undefined) await removeRootfs(engine, container.id);
    releaseVolumes(engine, container);
    rmSync(containerPaths(container.id, engine.config).directory, { recursive: true, force: true });
    throw error;
  }
}

function reserveName(engine: Engine, id: string, wanted: string | undefined): string {
  let name = wanted ?? makeName();
  for (let attempt = 1; wanted === undefined && engine.containers.isNameTaken(name); attempt++)
    name = makeName(attempt);
  engine.containers.reserveName(name, id);
  return name;
}

function hostnameOf(engine: Engine, asked: string, { NetworkMode, UTSMode }: HostConfig, id: string): string {
  if (asked !== '') return asked;
  return networkKind(NetworkMode) === 'host' || UTSMode === 'host' ? engine.host.hostname : id.slice(0, 12);
}
