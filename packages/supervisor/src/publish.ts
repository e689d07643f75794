/**
 * `drydock-supervisor publish`: hands an event to the supervisor that runs. Shims that know no other way to send one execute
 * it, as `BINARY --address SOCKET publish --topic TOPIC --namespace NS` with the event as an Any on stdin.
 */
import { readFileSync } from 'node:fs';
import { RpcError } from '@drydock/rpc/errors';
import { Events } from '@drydock/rpc/generated/events';
import { Any } from '@drydock/rpc/generated/google';
import { connect, grpcClient } from '@drydock/rpc/grpc-client';
import yargs from 'yargs';
import { readPlaces, strictly } from './arguments.ts';

/** Milliseconds that a supervisor has to take a connection. */
const dialTimeout = 3000;
const stdin = 0;

/** Whether the arguments behind the program's name ask for it: the word is no flag's value. */
export function isPublish(argv: readonly string[]): boolean {
  return argv.some((word, index) => word === 'publish' && !argv[index - 1]?.startsWith('-'));
}

/** Publishes the event on stdin. Rejects with what the supervisor says, or that there is none. */
export async function publish(argv: readonly string[]): Promise<void> {
  const { address, topic, namespace } = parse(argv);
  if (topic === '') throw new RpcError('invalid argument', 'topic required to publish event: invalid argument');
  const event = Any.decode(readFileSync(stdin));
  const channel = connect(address);
  try {
    await channel.waitForReady(dialTimeout).catch((error) => {
      throw new Error(`failed to dial ${JSON.stringify(address)}: ${error.message}`, { cause: error });
    });
    await grpcClient(Events, channel, { namespace }).publish({ topic, event });
  } finally {
    channel.close();
  }
}

function parse(argv: readonly string[]) {
  const flags = strictly(yargs([...argv]))
    .usage(
      '$0 [--address SOCKET] publish --topic TOPIC --namespace NS\n\nPublishes the event that it reads from stdin.',
    )
    .command('publish', false)
    .option('config', { alias: 'c', type: 'string', describe: "the supervisor's configuration file" })
    .option('address', { alias: 'a', type: 'string', describe: "the supervisor's socket" })
    .option('topic', { type: 'string', default: '', describe: 'topic of the event' })
    .option('namespace', { type: 'string', default: '', describe: 'namespace to publish to' })
    .version(false)
    .parseSync();
  return { address: readPlaces(flags).address, topic: flags.topic, namespace: flags.namespace };
}
