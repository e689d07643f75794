/**
 * The supervisor, wired up.
 *
 *   gRPC ─▶ services ─┬─▶ metadata (SQLite): namespaces, images, containers, leases
 *                     ├─▶ content: blobs          ┐
 *                     ├─▶ snapshots: overlayfs, … ┴─▶ layers (diff service), garbage collection
 *                     ├─▶ transfer: registries and archives, on the services of images; streams
 *                     ├─▶ events: exchange ◀── ttrpc ◀── shims
 *                     └─▶ tasks: manager ─▶ launcher ─▶ shims, spare shims
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { closeAll } from '@drydock/linux/fifo';
import { connectUnix } from '@drydock/linux/socket';
import { callChannel, type FinishedCall } from '@drydock/rpc/grpc/call';
import { serveGrpc } from '@drydock/rpc/grpc/server';
import { withSocketMode } from '@drydock/rpc/grpc/socket-mode';
import { serveTtrpc } from '@drydock/rpc/ttrpc-server';
import type { Logger } from '@drydock/telemetry/logger';
import { ContentStore } from './content/content-store.ts';
import { Exchange } from './events/exchange.ts';
import { Collector } from './gc/collector.ts';
import { lockDirectory } from './instance-lock.ts';
import { removeTemporaryMounts } from './layers/temporary-mount.ts';
import { ContainerStore } from './metadata/containers.ts';
import { Database } from './metadata/database.ts';
import { ImageStore } from './metadata/images.ts';
import { LeaseStore } from './metadata/leases.ts';
import { NamespaceStore } from './metadata/namespaces.ts';
import { pathsOf } from './paths.ts';
import { pluginsOf, type RequiredPlugins, requirePlugins } from './plugins.ts';
import { containersService } from './services/containers.ts';
import { contentService } from './services/content.ts';
import { diffService } from './services/diff.ts';
import { withSystemErrors } from './services/errors.ts';
import { eventsService, shimEventsService } from './services/events.ts';
import { healthService } from './services/health.ts';
import { imagesService } from './services/images.ts';
import { introspectionService } from './services/introspection.ts';
import { leasesService } from './services/leases.ts';
import { namespacesService } from './services/namespaces.ts';
import { snapshotsService } from './services/snapshots.ts';
import { streamingService } from './services/streaming.ts';
import { tasksService } from './services/tasks.ts';
import { transferService } from './services/transfer.ts';
import { versionService } from './services/version.ts';
import { SnapshotStore } from './snapshots/snapshot-store.ts';
import { hintsOf, openSnapshotters, type SnapshotterOptions } from './snapshots/snapshotters.ts';
import { Streams } from './streams/streams.ts';
import type { Deadlines } from './tasks/deadlines.ts';
import { Launcher } from './tasks/launcher.ts';
import { removeStaleSockets, socketPlace } from './tasks/own-shim.ts';
import { reloadTasks } from './tasks/reload.ts';
import { openOwnShimLog } from './tasks/shim-log.ts';
import { TaskManager } from './tasks/task-manager.ts';

export interface SupervisorOptions {
  /** The gRPC socket; `.ttrpc` behind it is where shims send events. */
  readonly address: string;
  /** Where data is kept. */
  readonly root: string;
  /** Where what ends with the machine's next start is kept. */
  readonly state: string;
  /** Executables of shims by runtime name. */
  readonly shims: ReadonlyMap<string, string>;
  /** Directories to look for shims in. */
  readonly shimDirectories: readonly string[];
  readonly spareShims: number;
  /** How long shims may take. */
  readonly deadlines: Deadlines;
  /** What the configuration says of the snapshotters. */
  readonly snapshotters?: Pick<SnapshotterOptions, 'config' | 'disabled'>;
  /** Parts without which it does not start. */
  readonly required: RequiredPlugins;
  readonly isDebug: boolean;
  readonly publishBinary: string;
  readonly log: Logger;
  /** Where shims' messages go. */
  readonly shimOutput: NodeJS.WritableStream;
}

export interface Supervisor {
  /** Stops serving. Containers run on. */
  close(): Promise<void>;
}

/** Has each call logged, at level debug. */
export function logCalls(log: Logger): void {
  callChannel.subscribe((call) => log.debug(call as FinishedCall, 'call'));
}

/** Starts a supervisor. Rejects if its directories or its socket are in use. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { address, deadlines, log } = options;
  const paths = pathsOf(options.root, options.state);
  // The metadata holds the environments of containers: only root may read it.
  mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  mkdirSync(paths.state, { recursive: true, mode: 0o711 });
  const unlock = [lockDirectory(paths.root), lockDirectory(paths.state)];
  removeTemporaryMounts(paths.temporaryMounts);
  prepareSocket(address);
  prepareSocket(`${address}.ttrpc`);

  const db = new Database(paths.metadata);
  const namespaces = new NamespaceStore(db);
  const leases = new LeaseStore(db, namespaces);
  const images = new ImageStore(db, namespaces);
  const containers = new ContainerStore(db, namespaces);
  const content = new ContentStore({ db, namespaces, leases, root: paths.content });
  const snapshotters = openSnapshotters({ directory: paths.snapshotter, ...options.snapshotters });
  const plugins = pluginsOf(snapshotters);
  requirePlugins(plugins, options.required);
  const stores = new Map<string, SnapshotStore>();
  for (const { name, backend } of snapshotters)
    if (backend !== undefined) stores.set(name, new SnapshotStore({ db, namespaces, leases, name, backend }));
  const collector = new Collector({ db, content, snapshots: [...stores.values()], log });
  collector.start();

  const exchange = new Exchange();
  const directories = { state: paths.state, work: paths.work };
  const sockets = socketPlace(paths.state);
  const shimLog = openOwnShimLog(paths.shimLog, options.shimOutput);
  const launcher = new Launcher({
    supervisor: { address, publishBinary: options.publishBinary, isDebug: options.isDebug },
    lookup: { overrides: options.shims, directories: options.shimDirectories },
    sockets,
    shimLog: shimLog.writer,
    output: options.shimOutput,
    spares: options.spareShims,
    deadlines,
    log,
  });
  const tasks = new TaskManager({ directories, launcher, exchange, deadlines, log });

  const living = await reloadTasks({ directories, launcher, manager: tasks, deadlines, log });
  // Only now: an event of a shim is about a task that is known.
  const events = await withSocketMode(() => serveTtrpc(`${address}.ttrpc`, [shimEventsService(exchange, tasks)]));
  removeStaleSockets(sockets, living);
  launcher.spares.fill();

  const streams = new Streams();
  const ofImages = [
    leasesService(leases, collector),
    imagesService({ images, exchange, collector }),
    contentService({ content, exchange, collector }),
    snapshotsService({ stores, hints: hintsOf(snapshotters), exchange, collector }),
    diffService(content, paths.temporaryMounts),
  ];
  const server = await serveGrpc(
    address,
    [
      versionService(),
      healthService(),
      introspectionService({ uuid: readUuid(paths.uuid), plugins }),
      namespacesService(namespaces, exchange),
      ...ofImages,
      transferService({ implementations: ofImages, streams, snapshotter: 'overlayfs' }),
      streamingService(streams),
      containersService({ containers, exchange, collector }),
      eventsService(exchange),
      tasksService({ tasks, containers, content, deadlines, log }),
    ].map(withSystemErrors),
  );
  log.info({ address, root: paths.root, state: paths.state }, 'serving');

  return {
    async close() {
      await server.close();
      await events.close();
      launcher.spares.close();
      tasks.close();
      shimLog.close();
      await collector.close();
      db.close();
      for (const path of [address, `${address}.ttrpc`]) rmSync(path, { force: true });
      for (const release of unlock) release();
    },
  };
}

/** Makes the directory of a socket and removes one that nobody listens on any more. Throws if somebody does. */
function prepareSocket(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  if (!existsSync(path)) return;
  let descriptor: number;
  try {
    descriptor = connectUnix(path);
  } catch {
    rmSync(path);
    return;
  }
  closeAll([descriptor]);
  throw new Error(`listen on ${path}: address already in use`);
}

/** What identifies the data of this supervisor, made with it. */
function readUuid(path: string): string {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, randomUUID());
  }
  return readFileSync(path, 'utf8').trim();
}
