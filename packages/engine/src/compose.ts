/** Makes the engine's parts and connects them. This is the engine's picture. */
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { Readiness } from '@drydock/linux/readiness';
import type { Logger } from '@drydock/telemetry/logger';
import { listen } from './api/listen.ts';
import { createApi } from './api/server.ts';
import { timestamp } from './clock.ts';
import type { EngineConfig } from './config/config.ts';
import { connectContainerd } from './containerd/clients.ts';
import { dispatch } from './containerd/dispatch.ts';
import { ready, Supervisor } from './containerd/supervisor.ts';
import { watchEvents } from './containerd/watch.ts';
import { BaseLayers } from './containers/base-layer.ts';
import type { ContainerRecord } from './containers/record.ts';
import { ContainerRegistry } from './containers/registry.ts';
import { finishLeavings, reconcile, resumeRestarts } from './containers/restore.ts';
import { stopAll } from './containers/stop-all.ts';
import type { Engine } from './engine.ts';
import { Events } from './events/events.ts';
import type { ExecRecord } from './execs/exec.ts';
import { ExecRegistry } from './execs/registry.ts';
import { readHostFacts } from './host.ts';
import { newId } from './ids.ts';
import { ImageStore } from './images/image-store.ts';
import { Jobs } from './jobs/jobs.ts';
import type { NetworkIdentity } from './networks/networks.ts';
import { documentTable, fact, openDatabase } from './store/database.ts';
import { VolumeStore } from './volumes/volume-store.ts';

/** An engine that serves. */
export interface RunningEngine {
  readonly engine: Engine;
  /** Stops serving, the containers (unless they are to live on) and the supervisor. */
  stop(): Promise<void>;
}

export interface Environment {
  readonly logger: Logger;
  readonly path: string;
  readonly ownDirectory: string;
}

/** Starts an engine: when this resolves, its sockets answer and its containers are found again. */
export async function startEngine(
  config: EngineConfig,
  { logger, path, ownDirectory }: Environment,
): Promise<RunningEngine> {
  mkdirSync(join(config.dataRoot, 'containers'), { recursive: true, mode: 0o710 });
  mkdirSync(config.execRoot, { recursive: true, mode: 0o711 });
  const supervisor =
    config.containerd === undefined
      ? new Supervisor({
          execRoot: config.execRoot,
          root: config.supervisorRoot,
          logLevel: config.logLevel,
          logger,
          path,
          ownDirectory,
        })
      : undefined;
  await (supervisor === undefined ? ready(config.containerd!, 60_000) : supervisor.start());
  const socketPath = supervisor?.address ?? config.containerd!;
  const engine = makeEngine(config, socketPath, logger);

  const ending = new AbortController();
  await engine.images.load();
  await watchEvents({
    containerd: engine.containerd,
    logger,
    signal: ending.signal,
    handle: (envelope) => dispatch(engine, envelope),
    flowing: () => reconcile(engine),
  });
  await finishLeavings(engine);
  resumeRestarts(engine);

  const attach = await createApi(engine);
  const listeners: Server[] = [];
  for (const host of config.hosts) listeners.push(await listen(host, attach));
  logger.info({ hosts: config.hosts, containerd: socketPath }, 'API listens');
  return {
    engine,
    stop: async () => {
      for (const listener of listeners) listener.close();
      if (!config.liveRestore) await stopAll(engine);
      for (const listener of listeners) listener.closeAllConnections();
      ending.abort();
      engine.containerd.channel.close();
      if (!config.liveRestore) await supervisor?.stop();
      engine.readiness.close();
    },
  };
}

function makeEngine(config: EngineConfig, socketPath: string, logger: Logger): Engine {
  const { dataRoot, namespace, snapshotter } = config;
  const containerd = connectContainerd({ socketPath, namespace, snapshotter });
  const database = openDatabase(join(dataRoot, 'engine.db'));
  const remembered = (key: string, make: () => string): string => fact(database, key, make);
  return {
    id: remembered('engine id', newId),
    config,
    host: readHostFacts(),
    logger,
    containerd,
    images: new ImageStore(containerd, logger),
    containers: new ContainerRegistry(documentTable<ContainerRecord>(database, 'containers'), config),
    baseLayers: new BaseLayers(),
    execs: new ExecRegistry(documentTable<ExecRecord>(database, 'execs')),
    volumes: new VolumeStore(database, join(dataRoot, 'volumes')),
    networks: (['none', 'host'] as const).map(
      (name): NetworkIdentity => ({
        name,
        driver: name === 'host' ? 'host' : 'null',
        id: remembered(`network ${name} id`, newId),
        created: remembered(`network ${name} created`, timestamp),
      }),
    ),
    events: new Events(),
    jobs: new Jobs(),
    readiness: new Readiness(),
  };
}
