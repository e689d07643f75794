/**
 * `docker start`: container record, task, process.
 *
 *   pipes, user, mounts ─► containers.create ─► tasks.create ─► tasks.start ─► running
 *
 * If a step fails, the earlier ones are undone, and the container keeps the error and an exit code.
 */
import { mkdirSync } from 'node:fs';
import { resolveUser } from '@drydock/oci/user';
import { jsonAny, jsonTypes } from '@drydock/rpc/any';
import { isKind } from '@drydock/rpc/errors';
import { timestamp, zeroTime } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { conflict, hasCode, messageOf, notModified, systemError } from '../errors.ts';
import { newId } from '../ids.ts';
import { networkEvent } from '../networks/network-event.ts';
import { requireNetwork } from '../networks/network-mode.ts';
import { mountVolumes, unmountVolumes } from '../volumes/volume-mount.ts';
import type { Container } from './container.ts';
import { containerEvent } from './container-event.ts';
import { unmountedFiles } from './container-files.ts';
import { openLog } from './log/open-log.ts';
import { volumeEvents } from './realize-mounts.ts';
import { removeLocked } from './remove.ts';
import { rootfsMounts } from './rootfs.ts';
import { runtimeOf } from './runtime.ts';
import { releaseShm, shmSource } from './shared-shm.ts';
import { securityOptions } from './spec/security.ts';
import { buildSpec } from './spec/spec.ts';
import { startFailure } from './start-failure.ts';
import { ProcessIo } from './stdio/process-io.ts';

/** Starts a container. Throws `not modified` if it runs already. */
export function startContainer(engine: Engine, container: Container): Promise<void> {
  return container.lock.run(() => startLocked(engine, container));
}

/** Starts a container whose lock the caller holds. */
export async function startLocked(engine: Engine, container: Container): Promise<void> {
  if (container.isPaused) throw conflict('cannot start a paused container, try unpause instead');
  if (container.state.status === 'running') throw notModified;
  if (container.removing || container.state.status === 'dead')
    throw conflict('container is marked for removal and cannot be started');
  try {
    await run(engine, container);
  } catch (error) {
    const failure = startFailure(error, container.record.path);
    container.setState({
      status: container.state.startedAt === zeroTime ? 'created' : 'exited',
      pid: 0,
      exitCode: failure.exitCode,
      error: messageOf(failure.error),
    });
    container.log?.finish();
    container.log = undefined;
    container.streams.endRun();
    releaseShm(container);
    unmountVolumes(engine, container);
    if (container.record.hostConfig.AutoRemove) await removeLocked(engine, container, { volumes: true });
    throw failure.error;
  }
}

async function run(engine: Engine, container: Container): Promise<void> {
  const { record, id } = container;
  const { config, hostConfig } = record;
  requireNetwork(hostConfig);
  const rootfs = await rootfsMounts(engine, container);
  const user = await resolveUser(config.User, hostConfig.GroupAdd ?? [], unmountedFiles(engine, rootfs));
  for (const { type, source, createSource } of record.mounts) if (type === 'bind' && createSource) makeSource(source);
  const spec = buildSpec(engine, container, {
    user,
    mounts: {
      points: record.mounts,
      initPath: (hostConfig.Init ?? engine.config.init) ? engine.config.initPath : undefined,
      sharedShm: shmSource(engine, container),
    },
    security: securityOptions(hostConfig),
  });
  mountVolumes(engine, container);
  const { name, options } = runtimeOf(engine.config, hostConfig.Runtime);
  const stdin = config.OpenStdin;
  openLog(engine, container);
  const io = ProcessIo.create(
    {
      directory: container.paths.runtimeDirectory,
      name: 'init',
      stdin,
      terminal: config.Tty,
      logged: container.log && { log: container.log, readiness: engine.readiness },
    },
    container.streams,
  );
  const { containers, tasks, snapshotter } = engine.containerd;
  const undo: (() => Promise<unknown>)[] = [];
  try {
    await createRecord(engine, {
      id,
      image: '',
      runtime: { name, options },
      spec: jsonAny(jsonTypes.spec, spec),
      snapshotter,
      snapshotKey: id,
    });
    undo.unshift(() => containers.delete({ id }));
    await tasks.create({ containerId: id, rootfs, ...io.paths, terminal: config.Tty, options });
    undo.unshift(() => tasks.delete({ containerId: id }));
    const { pid } = await tasks.start({ containerId: id });
    io.connectInput(
      container.streams,
      () => void tasks.closeIO({ containerId: id, stdin: true }).catch((error: unknown) => logGone(engine, id, error)),
    );
    container.io = io;
    container.oomSeen = false;
    container.update({
      sandboxId: newId(),
      stoppedByUser: false,
      state: {
        ...container.state,
        status: 'running',
        pid,
        exitCode: 0,
        error: '',
        oomKilled: false,
        startedAt: timestamp(),
      },
    });
  } catch (error) {
    for (const step of undo) await step().catch((failure: unknown) => logGone(engine, id, failure));
    io.close();
    throw error;
  }
  volumeEvents(engine, container, 'mount');
  networkEvent(engine, container, 'connect');
  containerEvent(engine, container, 'start');
}

/** Makes the record; a stale one from a run whose end nobody saw is removed first. */
async function createRecord(
  engine: Engine,
  container: Parameters<Engine['containerd']['containers']['create']>[0]['container'],
): Promise<void> {
  const { containers, tasks } = engine.containerd;
  try {
    await containers.create({ container });
  } catch (error) {
    if (!isKind(error, 'already exists')) throw error;
    const id = container!.id!;
    await tasks.delete({ containerId: id }).catch((failure: unknown) => logGone(engine, id, failure));
    await containers.delete({ id });
    await containers.create({ container });
  }
}

/** What is gone already needs no undoing; anything else is worth a line. */
function logGone({ logger }: Engine, id: string, error: unknown): void {
  if (!isKind(error, 'not found'))
    logger.warn({ container: id, error: messageOf(error) }, 'clean-up of a container failed');
}

function makeSource(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    // A file is as good a source as a directory.
    if (!hasCode(error, 'EEXIST') && !hasCode(error, 'ENOTDIR'))
      throw systemError(`error while creating mount source path '${path}': ${messageOf(error)}`);
  }
}
