/** `shim`: talks to one shim directly, over ttrpc on its socket, past the supervisor. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { jsonTypes } from '@drydock/rpc/any';
import { EventsResponse, Shim, StateResponse as ShimState } from '@drydock/rpc/generated/shim_extra';
import { ConnectResponse, StateResponse, Task } from '@drydock/rpc/generated/shim_task';
import { ProcessInfo } from '@drydock/rpc/generated/task_types';
import type { Client, Method } from '@drydock/rpc/service';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import { type TtrpcConnection, ttrpcClient } from '@drydock/rpc/ttrpc-client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { type AnyCommand, group } from '../command.ts';
import { printJson, printTable } from '../output.ts';
import { protoJson } from '../proto-json.ts';
import { type ShimAddress, withShim } from '../shim/connect.ts';

interface Talk {
  readonly task: Client<typeof Task>;
  /** What only our shim serves. */
  readonly own: Client<typeof Shim>;
  readonly connection: TtrpcConnection;
}

/** A command on one shim. */
function shim<T>(
  usage: string,
  describe: string,
  options: (argv: Argv) => Argv<T>,
  run: (talk: Talk, args: ArgumentsCamelCase<T & ShimAddress>) => Promise<void>,
): AnyCommand {
  return {
    command: usage,
    describe,
    builder: options,
    handler: (args: ArgumentsCamelCase<T & ShimAddress>) =>
      withShim(args, (connection) =>
        run({ task: ttrpcClient(Task, connection), own: ttrpcClient(Shim, connection), connection }, args),
      ),
  };
}

const none = (argv: Argv): Argv<object> => argv;

const state = shim('state', 'what the shim knows of the container', none, async ({ task }, { id }) => {
  printJson(protoJson(StateResponse, await task.state({ id })));
});

const connect = shim('connect', "the shim's pid and the container's", none, async ({ task }, { id }) => {
  printJson(protoJson(ConnectResponse, await task.connect({ id })));
});

const pids = shim('ps', 'the processes in the container', none, async ({ task }, { id }) => {
  const { processes } = await task.pids({ id });
  const rows = processes.map((info) => [String(info.pid), JSON.stringify(protoJson(ProcessInfo, info))]);
  printTable([['PID', 'INFO'], ...rows]);
});

const start = shim('start', 'start the container', none, async ({ task }, { id }) => {
  await task.start({ id });
});

const kill = shim(
  'kill',
  'signal the container',
  (argv) =>
    argv
      .option('signal', { type: 'number', default: constants.signals.SIGTERM, describe: 'its number' })
      .option('all', { type: 'boolean', default: false, describe: 'all processes' }),
  async ({ task }, { id, signal, all }) => {
    await task.kill({ id, signal, all });
  },
);

const remove = shim('delete', 'delete the container at the shim', none, async ({ task }, { id }) => {
  const { exitStatus } = await task.delete({ id });
  console.log(`container deleted and returned exit status ${exitStatus}`);
});

const shutdown = shim('shutdown', 'end the shim, if it holds no container', none, async ({ task }, { id }) => {
  await task.shutdown({ id });
});

const exec = shim(
  'exec <execId>',
  "execute a process, described by a file in runtime-spec's form",
  (argv) =>
    argv
      .positional('execId', { type: 'string', demandOption: true })
      .option('spec', { type: 'string', demandOption: true, describe: 'file with the process' })
      .option('stdin', { type: 'string', default: '', describe: 'path of a FIFO' })
      .option('stdout', { type: 'string', default: '', describe: 'path of a FIFO, or a URI' })
      .option('stderr', { type: 'string', default: '', describe: 'path of a FIFO, or a URI' })
      .option('tty', { alias: 't', type: 'boolean', default: false, describe: 'allocate a terminal' })
      .option('attach', { alias: 'a', type: 'boolean', default: false, describe: 'wait for its end' }),
  async ({ task }, { id, execId, spec, stdin, stdout, stderr, tty: terminal, attach }) => {
    const value = readFileSync(spec);
    await task.exec({ id, execId, stdin, stdout, stderr, terminal, spec: { typeUrl: jsonTypes.process, value } });
    const { pid } = await task.start({ id, execId });
    console.log(`exec running with pid ${pid}`);
    if (attach) console.log(`exit status ${(await task.wait({ id, execId })).exitStatus}`);
  },
);

const inspect = shim('inspect', 'what the shim holds, and what it waits for (our shim only)', none, async ({ own }) => {
  printJson(protoJson(ShimState, await own.state({})));
});

const events = shim(
  'events',
  "the shim's latest events, and whether they arrived (our shim only)",
  (argv) => argv.option('json', { type: 'boolean', default: false, describe: 'as JSON' }),
  async ({ own }, { json }) => {
    const answer = await own.events({});
    if (json) {
      printJson(protoJson(EventsResponse, answer));
      return;
    }
    const rows = answer.events.map(({ timestamp, topic, state, trace }) => [
      formatTimestamp(timestamp ?? zeroTime),
      topic,
      state,
      trace.split('-')[1] ?? '',
    ]);
    printTable([['TIME', 'TOPIC', 'STATE', 'TRACE'], ...rows]);
  },
);

const descriptors = shim('fds', "the shim's open descriptors (our shim only)", none, async ({ own }) => {
  const { descriptors: found } = await own.descriptors({});
  printTable([['FD', 'TARGET'], ...found.map(({ number, target }) => [String(number), target])]);
});

const call = shim(
  'call <method> [request]',
  'call a method, such as State, with a request in JSON; the answer is printed',
  (argv) =>
    argv
      .positional('method', { type: 'string', demandOption: true })
      .positional('request', { type: 'string', default: '{}' })
      .option('service', { type: 'string', default: Task.name as string, describe: 'full name of the service' }),
  async ({ connection }, { id, method: name, request, service: serviceName }) => {
    const service = [Task, Shim].find((each) => each.name === serviceName);
    if (service === undefined) throw new Error(`unknown service ${serviceName}: ${Task.name} or ${Shim.name}`);
    const methods = Object.entries(service.methods) as [string, Method][];
    const [key, method] = methods.find(([, each]) => each.name === name) ?? [];
    if (key === undefined || method === undefined)
      throw new Error(`unknown method ${name}; there are ${methods.map(([, each]) => each.name).join(' ')}`);
    const fields = {
      ...(method.request.fields.some(([, field]) => field === 'id') ? { id } : {}),
      ...JSON.parse(request),
    };
    const client = ttrpcClient(service, connection) as unknown as Record<string, (input: object) => Promise<object>>;
    printJson(protoJson(method.response, await client[key]!(fields)));
  },
);

const commands = [remove, exec, start, state, connect, pids, kill, shutdown, inspect, events, descriptors, call];

/** The container is named in front of the verb. */
export const shimCommand = ((): AnyCommand => {
  const all = group(['shim'], 'talk to one shim directly', commands);
  return {
    ...all,
    builder: (argv: Argv) =>
      all.builder(
        argv.option('id', { type: 'string', default: '', describe: 'the container' }).option('shim-address', {
          alias: 'socket',
          type: 'string',
          default: '',
          describe: "the shim's socket; found by itself if absent",
        }) as Argv,
      ),
  };
})();
