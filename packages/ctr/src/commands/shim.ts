/** `shim`: talks to one shim directly, over ttrpc on its socket, past the supervisor. */
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { connectUnix } from '@drydock/linux/socket';
import { ConnectResponse, StateResponse, Task } from '@drydock/rpc/generated/shim_task';
import { ProcessInfo } from '@drydock/rpc/generated/task_types';
import type { Client } from '@drydock/rpc/service';
import { connectTtrpc, ttrpcClient } from '@drydock/rpc/ttrpc-client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { type AnyCommand, group } from '../command.ts';
import { printTable } from '../output.ts';
import { protoJson } from '../proto-json.ts';
import { statusText } from './containers.ts';

interface ShimOptions {
  readonly id: string;
  readonly socket: string;
}

const options = (argv: Argv): Argv<ShimOptions> =>
  argv.option('id', { type: 'string', demandOption: true, describe: 'the container' }).option('socket', {
    type: 'string',
    demandOption: true,
    describe: "the shim's socket, as in the bundle's file `address`",
  });

/** A command on one shim. */
function shim<T>(
  usage: string,
  describe: string,
  more: (argv: Argv<ShimOptions>) => Argv<T & ShimOptions>,
  run: (task: Client<typeof Task>, args: ArgumentsCamelCase<T & ShimOptions>) => Promise<void>,
): AnyCommand {
  return {
    command: usage,
    describe,
    builder: (argv: Argv) => more(options(argv)),
    handler: async (args: ArgumentsCamelCase<T & ShimOptions>) => {
      const path = args.socket.replace(/^unix:\/\//, '');
      closeSync(connectUnix(path));
      const connection = await connectTtrpc(path);
      try {
        await run(ttrpcClient(Task, connection), args);
      } finally {
        connection.close();
      }
    },
  };
}

const none = <T>(argv: Argv<T>): Argv<T> => argv;

const state = shim('state', 'what the shim knows of the container', none, async (task, { id }) => {
  const answer = await task.state({ id });
  const fields = protoJson(StateResponse, answer) as object;
  console.log(JSON.stringify({ ...fields, status: statusText(answer.status) }, undefined, 4));
});

const connectShim = shim('connect', "the shim's pid and the container's", none, async (task, { id }) => {
  console.log(JSON.stringify(protoJson(ConnectResponse, await task.connect({ id })), undefined, 4));
});

const pids = shim('ps', 'the processes in the container', none, async (task, { id }) => {
  const { processes } = await task.pids({ id });
  printTable([
    ['PID', 'INFO'],
    ...processes.map((info) => [String(info.pid), JSON.stringify(protoJson(ProcessInfo, info))]),
  ]);
});

const start = shim('start', 'start the container', none, async (task, { id }) => {
  await task.start({ id });
});

const kill = shim(
  'kill',
  'signal the container',
  (argv) =>
    argv
      .option('signal', { type: 'number', default: constants.signals.SIGTERM })
      .option('all', { type: 'boolean', default: false }),
  async (task, { id, signal, all }) => {
    await task.kill({ id, signal, all });
  },
);

const remove = shim('delete', 'delete the container at the shim', none, async (task, { id }) => {
  const { pid, exitStatus } = await task.delete({ id });
  console.log(`container ${id}: pid ${pid}, exit status ${exitStatus}`);
});

export const shimCommand = group(['shim'], 'talk to one shim directly', [
  state,
  connectShim,
  pids,
  start,
  kill,
  remove,
]);
