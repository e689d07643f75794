/** Starts an exec: pipes, then the process in the container. */
import type { Process } from '@drydock/oci/runtime-spec';
import { resolveUser } from '@drydock/oci/user';
import { jsonAny, jsonTypes } from '@drydock/rpc/any';
import { isKind } from '@drydock/rpc/errors';
import type { Container } from '../containers/container.ts';
import { containerEvent } from '../containers/container-event.ts';
import { processFiles } from '../containers/container-files.ts';
import { processEnvironment } from '../containers/spec/environment.ts';
import { containerRlimits } from '../containers/spec/rlimits.ts';
import { securityOptions } from '../containers/spec/security.ts';
import { capabilitiesOf } from '../containers/spec/spec.ts';
import { startFailure } from '../containers/start-failure.ts';
import { ProcessIo } from '../containers/stdio/process-io.ts';
import type { Engine } from '../engine.ts';
import { conflict, messageOf, noSuchContainer } from '../errors.ts';
import { checkReady } from './create.ts';
import type { Exec } from './exec.ts';

/** Docker's exit code of an exec that could not be started, whatever kept it from it. */
const failedStart = 126;

export interface StartExecOptions {
  /** Input comes from a client; without one the process has no input. */
  readonly withInput: boolean;
  /** Height and width of the terminal. */
  readonly consoleSize: readonly number[] | null;
}

/** Takes an exec for starting: nobody else can start it any more. Throws if it has been started. */
export function claimExec(engine: Engine, exec: Exec): Container {
  const container = engine.containers.byId(exec.record.containerId);
  if (container === undefined) throw noSuchContainer(exec.record.containerId);
  if (exec.record.status === 'ended') throw conflict(`Error: Exec command ${exec.id} has already run`);
  if (exec.record.status === 'running') throw conflict(`Error: Exec command ${exec.id} is already running`);
  checkReady(container, container.id);
  exec.update({ status: 'running' });
  return container;
}

/** Starts a claimed exec. A failure is kept as its exit code, and thrown. */
export async function startExec(
  engine: Engine,
  container: Container,
  exec: Exec,
  options: StartExecOptions,
): Promise<void> {
  const { record } = exec;
  containerEvent(engine, container, `exec_start: ${record.command.join(' ')}`, { execID: exec.id });
  const { tasks } = engine.containerd;
  const [containerId, execId] = [container.id, exec.id];
  const io = ProcessIo.create(
    {
      directory: container.paths.runtimeDirectory,
      name: exec.id,
      stdin: options.withInput,
      terminal: record.terminal,
      logged: undefined,
    },
    exec.streams,
  );
  exec.io = io;
  try {
    const spec = jsonAny(jsonTypes.process, await processSpec(engine, container, exec, options));
    await tasks.exec({ containerId, execId, spec, ...io.paths, terminal: record.terminal });
    const { pid } = await tasks.start({ containerId, execId });
    if (exec.record.status === 'running') exec.update({ pid });
    io.connectInput(exec.streams, () => void closeInput(engine, containerId, execId));
  } catch (error) {
    const failure = startFailure(error, record.command[0]!);
    await tasks.deleteProcess({ containerId, execId }).catch((undo: unknown) => {
      if (!isKind(undo, 'not found'))
        engine.logger.warn({ exec: execId, error: messageOf(undo) }, 'failed exec could not be removed');
    });
    io.close();
    exec.io = undefined;
    exec.update({ status: 'ended', exitCode: failedStart });
    engine.execs.forgetLater(exec.id);
    throw failure.error;
  }
}

async function processSpec(
  engine: Engine,
  container: Container,
  { record }: Exec,
  { consoleSize }: StartExecOptions,
): Promise<Process> {
  const { hostConfig } = container.record;
  const user = await resolveUser(record.user, hostConfig.GroupAdd ?? [], processFiles(container.state.pid));
  const capabilities = record.privileged ? engine.host.capabilities : capabilitiesOf(engine, container);
  const [height = 0, width = 0] = consoleSize ?? [];
  return {
    terminal: record.terminal,
    ...(record.terminal && height > 0 && width > 0 ? { consoleSize: { height, width } } : {}),
    user,
    args: record.command,
    env: processEnvironment(container, { terminal: record.terminal, extra: record.env }),
    cwd: record.workingDirectory,
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    rlimits: containerRlimits(hostConfig.Ulimits ?? [], engine.config.defaultUlimits),
    noNewPrivileges: securityOptions(hostConfig).noNewPrivileges,
  };
}

async function closeInput({ containerd, logger }: Engine, containerId: string, execId: string): Promise<void> {
  try {
    await containerd.tasks.closeIO({ containerId, execId, stdin: true });
  } catch (error) {
    if (!isKind(error, 'not found'))
      logger.debug({ exec: execId, error: messageOf(error) }, 'input could not be closed');
  }
}
