/** `tasks start`, `exec`, `attach`, `delete` */

import { constants } from 'node:os';
import { jsonAny, jsonTypes } from '@drydock/rpc/any';
import { ignoreNotFound, isKind } from '@drydock/rpc/errors';
import { Status } from '@drydock/rpc/generated/task_types';
import { command, programOf } from '../../command.ts';
import type { Supervisor } from '../../context.ts';
import { wordsFlag } from '../../flags/common.ts';
import { log } from '../../log.ts';
import { followTask, type ProcessId, stayWith } from '../../run/follow.ts';
import { runTask, streamFlags } from '../../run/start.ts';
import { statusText } from '../../run/status-text.ts';
import { attachStreams, openStreams, removeFifos } from '../../run/streams.ts';
import { ExitStatus } from '../../status.ts';
import { need } from '../../words.ts';

export const start = command(
  'start [words..]',
  'start ID: a container that has been created',
  (argv) => streamFlags(wordsFlag(argv)),
  async (supervisor, { words, ...flags }) => {
    const id = need(words[0], 'container id must be provided');
    const { container } = await supervisor.containers.get({ id });
    const { snapshotter = '', snapshotKey = '' } = container ?? {};
    const rootfs =
      snapshotKey === '' ? [] : (await supervisor.snapshots.mounts({ snapshotter, key: snapshotKey })).mounts;
    const terminal = Boolean(JSON.parse(Buffer.from(container?.spec?.value ?? []).toString()).process?.terminal);
    await runTask(supervisor, { id, terminal, rootfs, options: container?.runtime?.options }, flags as never);
  },
);

export const exec = command(
  'exec',
  'exec [flags] ID ARGUMENT...: execute a process in a running container',
  (argv) =>
    argv
      .option('exec-id', { type: 'string', demandOption: true, describe: "the process's id" })
      .option('tty', { alias: 't', type: 'boolean', default: false, describe: 'allocate a terminal' })
      .option('detach', { alias: 'd', type: 'boolean', default: false, describe: 'do not wait for the end' })
      .option('cwd', { type: 'string', default: '', describe: 'working directory' })
      .option('user', { type: 'string', default: '', describe: 'uid[:gid]' })
      .option('log-uri', { type: 'string', default: '', describe: 'where output goes: file://, binary://' })
      .option('fifo-dir', { type: 'string', default: '/run/drydock/fifo', describe: 'directory of the FIFOs' }),
  async (supervisor, args) => {
    const { execId, tty: terminal, detach: detached, logUri } = args;
    const [given, ...program] = programOf(args);
    const id = need(given, 'container id must be provided');
    const { container } = await supervisor.containers.get({ id });
    await supervisor.tasks.get({ containerId: id });
    const spec = JSON.parse(Buffer.from(container?.spec?.value ?? []).toString());
    const [uid, gid = 0] = args.user.split(':').map(Number);
    if (args.user !== '' && ![uid, gid].every(Number.isInteger))
      throw new Error(`user ${args.user}: numbers are wanted: the container's files are not read`);
    const user = args.user === '' ? spec.process.user : { uid, gid };
    const process_ = { ...spec.process, terminal, args: program, cwd: args.cwd || spec.process.cwd, user };
    const streams = openStreams(args.fifoDir, `${id}-${execId}`, { terminal, detached, logUri });
    try {
      await supervisor.tasks.exec({
        containerId: id,
        execId,
        ...streams.paths,
        spec: jsonAny(jsonTypes.process, process_),
      });
      const code = await followTask(supervisor, { containerId: id, execId }, streams, detached);
      if (code !== 0) throw new ExitStatus(code);
    } finally {
      streams.close();
    }
  },
);

export const attach = command(
  'attach [words..]',
  "attach ID: to a running container's streams",
  wordsFlag,
  async (supervisor, { words: [id = ''] }) => {
    await supervisor.containers.get({ id });
    const { process: task } = await supervisor.tasks.get({ containerId: id });
    const { stdin = '', stdout = '', stderr = '', terminal = false } = task ?? {};
    if (stdin === '' && stdout === '') throw new Error(`task ${id} has no streams to attach to`);
    const streams = attachStreams({ stdin, stdout, stderr, terminal });
    streams.started();
    try {
      const code = await stayWith(supervisor, { containerId: id, execId: '' }, streams);
      if (code !== 0) throw new ExitStatus(code);
    } finally {
      streams.close();
    }
  },
);

export const remove = command(
  ['delete [words..]', 'del', 'remove', 'rm'],
  'delete tasks',
  (argv) =>
    wordsFlag(argv)
      .option('force', { alias: 'f', type: 'boolean', default: false, describe: 'kill first' })
      .option('exec-id', { type: 'string', default: '', describe: 'a process that was executed' }),
  async (supervisor, { words: ids, force, execId }) => {
    let failure: unknown;
    for (const containerId of ids) {
      try {
        await removeOne(supervisor, { containerId, execId }, force);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  },
);

async function removeOne(supervisor: Supervisor, id: ProcessId, force: boolean): Promise<void> {
  const { containerId, execId } = id;
  const task = await findTask(supervisor, id);
  if (force) await killAndWait(supervisor, id);
  else if (task?.status !== Status.STOPPED && task?.status !== Status.CREATED) {
    const state = statusText(task?.status ?? 0).toLowerCase();
    const message = `task must be stopped before deletion: ${state}: failed precondition`;
    log('error', `unable to delete ${containerId}`, { error: message });
    throw new Error(message);
  }
  const { exitStatus } = await (execId === ''
    ? supervisor.tasks.delete({ containerId })
    : supervisor.tasks.deleteProcess(id));
  removeFifos([task?.stdin ?? '', task?.stdout ?? '', task?.stderr ?? '']);
  if (exitStatus === 0) return;
  if (execId !== '') throw new ExitStatus(exitStatus);
  log('warning', `task ${containerId} exit with non-zero exit code ${exitStatus}`);
}

/** A task's process. Says in the words of containerd's client that there is none. */
async function runningTask(supervisor: Supervisor, containerId: string, execId: string) {
  try {
    return (await supervisor.tasks.get({ containerId, execId })).process;
  } catch (error) {
    if (!isKind(error, 'not found')) throw error;
    throw new Error(`no running task found: ${error.message}: not found`, { cause: error });
  }
}

async function findTask(supervisor: Supervisor, { containerId, execId }: ProcessId) {
  try {
    await supervisor.containers.get({ id: containerId });
    return await runningTask(supervisor, containerId, execId);
  } catch (error) {
    log('error', `failed to load task from ${containerId}`, { error: (error as Error).message });
    throw error;
  }
}

async function killAndWait({ tasks }: Supervisor, { containerId, execId }: ProcessId): Promise<void> {
  const ended = tasks.wait({ containerId, execId });
  await tasks
    .kill({ containerId, execId, signal: constants.signals.SIGKILL, all: execId === '' })
    .catch(ignoreNotFound);
  await ended;
}
