/** `tasks list`, `ps`, `metrics`, `pause`, `resume`, `kill` */
import { constants } from 'node:os';
import { holds, unpackAny } from '@drydock/rpc/any';
import { Metrics as MetricsV1 } from '@drydock/rpc/generated/cgroups_v1';
import { Metrics as MetricsV2 } from '@drydock/rpc/generated/cgroups_v2';
import { ProcessDetails } from '@drydock/rpc/generated/runc_options';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import { command, quiet } from '../../command.ts';
import { wordsFlag } from '../../flags/common.ts';
import { goTime, printTable } from '../../output.ts';
import { protoJson } from '../../proto-json.ts';
import { statusText } from '../../run/status-text.ts';
import { need } from '../../words.ts';

export const list = command(['list', 'ls'], 'list tasks', quiet, async (supervisor, args) => {
  const { tasks } = await supervisor.tasks.list({});
  if (args.quiet) {
    for (const { id, containerId } of tasks) console.log(id || containerId);
    return;
  }
  const rows = tasks.map(({ id, containerId, pid, status }) => [id || containerId, String(pid), statusText(status)]);
  printTable([['TASK', 'PID', 'STATUS'], ...rows]);
});

export const ps = command(
  'ps [words..]',
  'ps ID: the processes of a container',
  wordsFlag,
  async (supervisor, { words }) => {
    const id = need(words[0], 'container id must be provided');
    await supervisor.containers.get({ id });
    const { processes } = await supervisor.tasks.listPids({ containerId: id });
    const rows = processes.map(({ pid, info }) => [
      String(pid),
      info === undefined
        ? '-'
        : `&ProcessDetails{ExecID:${unpackAny(ProcessDetails, info).execId},XXX_unrecognized:[],}`,
    ]);
    printTable([['PID', 'INFO'], ...rows]);
  },
);

export const pause = command(
  'pause [words..]',
  'pause ID: stop all processes',
  wordsFlag,
  async (supervisor, { words: [id = ''] }) => {
    await supervisor.containers.get({ id });
    await supervisor.tasks.pause({ containerId: id });
  },
);

export const resume = command(
  'resume [words..]',
  'resume ID: let them go on',
  wordsFlag,
  async (supervisor, { words: [id = ''] }) => {
    await supervisor.containers.get({ id });
    await supervisor.tasks.resume({ containerId: id });
  },
);

export const kill = command(
  'kill [words..]',
  'kill ID: signal a container',
  (argv) =>
    wordsFlag(argv)
      .option('signal', { alias: 's', type: 'string', default: '', describe: "the image's stop signal, or SIGTERM" })
      .option('all', { alias: 'a', type: 'boolean', default: false, describe: 'all processes' })
      .option('exec-id', { type: 'string', default: '', describe: 'a process that was executed' }),
  async (supervisor, { words, signal, all, execId }) => {
    const id = need(words[0], 'container id must be provided');
    if (all && execId !== '') throw new Error('specify an exec-id or all; not both');
    const { container } = await supervisor.containers.get({ id });
    const chosen = signal || container?.labels['io.containerd.image.config.stop-signal'] || 'SIGTERM';
    await supervisor.tasks.get({ containerId: id });
    await supervisor.tasks.kill({ containerId: id, execId, signal: signalNumber(chosen), all });
  },
);

/** A signal by name, with or without SIG, or by number. */
export function signalNumber(text: string): number {
  const upper = text.toUpperCase();
  const number = /^\d+$/.test(text)
    ? Number(text)
    : constants.signals[(upper.startsWith('SIG') ? upper : `SIG${upper}`) as NodeJS.Signals];
  if (number === undefined) throw new Error(`unknown signal "${text}"`);
  return number;
}

export const metrics = command(
  ['metrics [words..]', 'metric'],
  'metrics ID: what a container uses',
  (argv) => wordsFlag(argv).option('format', { type: 'string', default: 'table', describe: 'table or json' }),
  async (supervisor, { words: [id = ''], format }) => {
    await supervisor.containers.get({ id });
    const { metrics: found } = await supervisor.tasks.metrics({ filters: [`id==${id}`] });
    const [metric] = found;
    if (metric?.data === undefined) throw new Error(`no metrics received for ${id}`);
    const { data } = metric;
    const time = goTime(formatTimestamp(metric.timestamp ?? zeroTime));
    if (format === 'json') {
      const codec = holds(data, MetricsV1) ? MetricsV1 : MetricsV2;
      console.log(JSON.stringify(protoJson(codec, codec.decode(data.value)), undefined, 2));
    } else if (format === 'table') {
      printTable([
        ['ID', 'TIMESTAMP'],
        [metric.id, time],
      ]);
      console.log();
      printTable([
        ['METRIC', 'VALUE'],
        ...(holds(data, MetricsV1) ? rowsV1(MetricsV1.decode(data.value)) : rowsV2(MetricsV2.decode(data.value))),
      ]);
    } else throw new Error('invalid format flag');
  },
);

function rowsV1({ memory, cpu, pids }: MetricsV1): string[][] {
  return [
    ['memory.usage_in_bytes', memory?.usage?.usage ?? 0],
    ['memory.limit_in_bytes', memory?.usage?.limit ?? 0],
    ['memory.stat.cache', memory?.totalCache ?? 0],
    ['cpuacct.usage', cpu?.usage?.total ?? 0],
    ['cpuacct.usage_percpu', `[${(cpu?.usage?.perCpu ?? []).join(' ')}]`],
    ['pids.current', pids?.current ?? 0],
    ['pids.limit', pids?.limit ?? 0],
  ].map((row) => row.map(exact));
}

function rowsV2({ pids, cpu, memory }: MetricsV2): string[][] {
  return [
    ...(pids === undefined
      ? []
      : [
          ['pids.current', pids.current],
          ['pids.limit', pids.limit],
        ]),
    ...(cpu === undefined
      ? []
      : [
          ['cpu.usage_usec', cpu.usageUsec],
          ['cpu.user_usec', cpu.userUsec],
          ['cpu.system_usec', cpu.systemUsec],
          ['cpu.nr_periods', cpu.nrPeriods],
          ['cpu.nr_throttled', cpu.nrThrottled],
          ['cpu.throttled_usec', cpu.throttledUsec],
        ]),
    ...(memory === undefined
      ? []
      : [
          ['memory.usage', memory.usage],
          ['memory.usage_limit', memory.usageLimit],
          ['memory.swap_usage', memory.swapUsage],
          ['memory.swap_limit', memory.swapLimit],
        ]),
  ].map((row) => row.map(exact));
}

/** Whole numbers beyond 2^53 are limits that are none: their digits are those of the nearest number that there is. */
function exact(value: string | number): string {
  return typeof value === 'number' ? BigInt(value).toString() : value;
}
