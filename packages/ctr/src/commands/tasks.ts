/** `tasks`: running containers and their processes. */
import { constants } from 'node:os';
import { holds, jsonAny, jsonTypes, unpackAny } from '@drydock/rpc/any';
import { isKind } from '@drydock/rpc/errors';
import { Metrics as MetricsV1 } from '@drydock/rpc/generated/cgroups_v1';
import { Metrics as MetricsV2 } from '@drydock/rpc/generated/cgroups_v2';
import { ProcessDetails } from '@drydock/rpc/generated/runc_options';
import { Status } from '@drydock/rpc/generated/task_types';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import type { Argv } from 'yargs';
import { command, group, programOf, quiet } from '../command.ts';
import { goTime, printTable } from '../output.ts';
import { protoJson } from '../proto-json.ts';
import { followTask } from '../run/follow.ts';
import { openStreams } from '../run/streams.ts';
import { ExitStatus } from '../status.ts';
import { statusText } from './containers.ts';

const byId = (argv: Argv): Argv<{ id: string }> => argv.positional('id', { type: 'string', demandOption: true });

const list = command(['list', 'ls'], 'list tasks', quiet, async (supervisor, args) => {
  const { tasks } = await supervisor.tasks.list({});
  if (args.quiet) {
    for (const { id, containerId } of tasks) console.log(id || containerId);
    return;
  }
  const rows = tasks.map(({ id, containerId, pid, status }) => [id || containerId, String(pid), statusText(status)]);
  printTable([['TASK', 'PID', 'STATUS'], ...rows]);
});

const exec = command(
  'exec',
  'exec [flags] ID ARGUMENT...: execute a process in a running container',
  (argv: Argv) =>
    argv
      .option('exec-id', { type: 'string', demandOption: true, describe: "the process's id" })
      .option('tty', { alias: 't', type: 'boolean', default: false, describe: 'allocate a terminal' })
      .option('detach', { alias: 'd', type: 'boolean', default: false, describe: 'do not wait for the end' })
      .option('cwd', { type: 'string', describe: 'working directory' })
      .option('user', { type: 'string', describe: 'uid[:gid]' })
      .option('fifo-dir', { type: 'string', default: '/run/drydock/fifo', describe: 'directory of the FIFOs' }),
  async (supervisor, args) => {
    const { execId, tty = false } = args;
    const [id, ...program] = programOf(args);
    if (id === undefined || program.length === 0) throw new Error('a container and a program must be provided');
    const { container } = await supervisor.containers.get({ id });
    await supervisor.tasks.get({ containerId: id });
    const spec = JSON.parse(Buffer.from(container?.spec?.value ?? []).toString());
    const [uid, gid = 0] = (args.user ?? '').split(':').map(Number);
    const user = args.user === undefined ? spec.process.user : { uid, gid };
    const process_ = { ...spec.process, terminal: tty, args: program, cwd: args.cwd ?? spec.process.cwd, user };
    const streams = openStreams(args.fifoDir ?? '', `${id}-${execId}`, {
      terminal: tty,
      detached: Boolean(args.detach),
    });
    try {
      await supervisor.tasks.exec({
        containerId: id,
        execId,
        ...streams.paths,
        spec: jsonAny(jsonTypes.process, process_),
      });
      const code = await followTask(supervisor, { containerId: id, execId }, streams, Boolean(args.detach));
      if (code !== 0) throw new ExitStatus(code);
    } finally {
      streams.close();
    }
  },
);

const kill = command(
  'kill <id>',
  'signal a container',
  (argv: Argv) =>
    byId(argv)
      .option('signal', { alias: 's', type: 'string', default: 'SIGTERM' })
      .option('all', { alias: 'a', type: 'boolean', default: false, describe: 'all processes' })
      .option('exec-id', { type: 'string', default: '' }),
  async (supervisor, { id, signal, all, execId }) => {
    await supervisor.tasks.kill({ containerId: id, execId, signal: signalNumber(signal ?? ''), all });
  },
);

const pause = command('pause <id>', 'pause a container', byId, async (supervisor, { id }) => {
  await supervisor.tasks.pause({ containerId: id });
});

const resume = command('resume <id>', 'resume a paused container', byId, async (supervisor, { id }) => {
  await supervisor.tasks.resume({ containerId: id });
});

const ps = command('ps <id>', 'list the processes of a container', byId, async (supervisor, { id }) => {
  const { processes } = await supervisor.tasks.listPids({ containerId: id });
  const rows = processes.map(({ pid, info }) => [
    String(pid),
    info === undefined ? '-' : `{"exec_id":"${unpackAny(ProcessDetails, info).execId}"}`,
  ]);
  printTable([['PID', 'INFO'], ...rows]);
});

const metrics = command(
  ['metrics <id>', 'metric'],
  'what a container uses, as JSON',
  byId,
  async (supervisor, { id }) => {
    const { metrics: found } = await supervisor.tasks.metrics({ filters: [`id==${id}`] });
    const [metric] = found;
    if (metric?.data === undefined) throw new Error(`no metrics received for ${id}`);
    const codec = holds(metric.data, MetricsV1) ? MetricsV1 : MetricsV2;
    printTable([
      ['ID', 'TIMESTAMP'],
      [metric.id, goTime(formatTimestamp(metric.timestamp ?? zeroTime))],
    ]);
    console.log(`\n${JSON.stringify(protoJson(codec, codec.decode(metric.data.value)), undefined, 2)}`);
  },
);

const start = command(
  'start <id>',
  'start a container that has been created',
  (argv: Argv) =>
    byId(argv)
      .option('detach', { alias: 'd', type: 'boolean', default: false })
      .option('fifo-dir', { type: 'string', default: '/run/drydock/fifo' }),
  async (supervisor, { id, detach, fifoDir }) => {
    const { container } = await supervisor.containers.get({ id });
    const { snapshotter = '', snapshotKey = '' } = container ?? {};
    const rootfs =
      snapshotKey === '' ? [] : (await supervisor.snapshots.mounts({ snapshotter, key: snapshotKey })).mounts;
    const terminal = Boolean(JSON.parse(Buffer.from(container?.spec?.value ?? []).toString()).process?.terminal);
    const streams = openStreams(fifoDir ?? '', id, { terminal, detached: Boolean(detach) });
    try {
      await supervisor.tasks.create({ containerId: id, rootfs, ...streams.paths });
      const code = await followTask(supervisor, { containerId: id, execId: '' }, streams, Boolean(detach));
      if (code !== 0) throw new ExitStatus(code);
    } finally {
      streams.close();
    }
  },
);

const remove = command(
  ['delete <ids..>', 'del', 'remove', 'rm'],
  'delete tasks',
  (argv: Argv) =>
    argv
      .positional('ids', { type: 'string', array: true, demandOption: true })
      .option('force', { alias: 'f', type: 'boolean', default: false, describe: 'kill first' })
      .option('exec-id', { type: 'string', default: '' }),
  async (supervisor, { ids, force, execId }) => {
    for (const containerId of ids) {
      if (execId) await supervisor.tasks.deleteProcess({ containerId, execId });
      else {
        if (force) await killAndWait(containerId);
        else await expectStopped(containerId);
        const { exitStatus } = await supervisor.tasks.delete({ containerId });
        if (exitStatus !== 0) console.error(`task ${containerId} exit with non-zero exit code ${exitStatus}`);
      }
    }

    async function killAndWait(containerId: string): Promise<void> {
      const ended = supervisor.tasks.wait({ containerId });
      await supervisor.tasks
        .kill({ containerId, signal: constants.signals.SIGKILL, all: true })
        .catch((error: unknown) => {
          if (!isKind(error, 'not found')) throw error;
        });
      await ended;
    }

    async function expectStopped(containerId: string): Promise<void> {
      const { process: task } = await supervisor.tasks.get({ containerId });
      if (task?.status !== Status.STOPPED && task?.status !== Status.CREATED)
        throw new Error(
          `task must be stopped before deletion: ${statusText(task?.status ?? 0).toLowerCase()}: failed precondition`,
        );
    }
  },
);

export const tasksCommand = group(['tasks', 't', 'task'], 'manage tasks', [
  list,
  start,
  exec,
  kill,
  pause,
  resume,
  ps,
  metrics,
  remove,
]);

/** A signal by name, with or without SIG, or by number. */
function signalNumber(text: string): number {
  const upper = text.toUpperCase();
  const number = /^\d+$/.test(text)
    ? Number(text)
    : constants.signals[(upper.startsWith('SIG') ? upper : `SIG${upper}`) as NodeJS.Signals];
  if (number === undefined) throw new Error(`unknown signal "${text}"`);
  return number;
}
