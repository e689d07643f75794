/** drydock-ctr: arguments and wiring. Commands, flags and columns are those of containerd's ctr. */
import { isKind } from '@drydock/rpc/errors';
import { withTrace } from '@drydock/telemetry/trace';
import yargs from 'yargs';
import { separateProgram, spellGlobals } from './arguments.ts';
import { containersCommand } from './commands/containers/containers.ts';
import { contentCommand } from './commands/content/content.ts';
import { eventsCommand } from './commands/events.ts';
import { fsckCommand } from './commands/fsck.ts';
import { imagesCommand } from './commands/images/images.ts';
import { deprecationsCommand, infoCommand } from './commands/info.ts';
import { installCommand } from './commands/install.ts';
import { leasesCommand } from './commands/leases.ts';
import { namespacesCommand } from './commands/namespaces.ts';
import { ociCommand } from './commands/oci.ts';
import { pluginsCommand } from './commands/plugins.ts';
import { pprofCommand } from './commands/pprof.ts';
import { runCommand } from './commands/run.ts';
import { shimCommand } from './commands/shim.ts';
import { snapshotsCommand } from './commands/snapshots/snapshots.ts';
import { tasksCommand } from './commands/tasks/tasks.ts';
import { traceCommand } from './commands/trace.ts';
import { treeCommand } from './commands/tree.ts';
import { versionCommand } from './commands/version.ts';
import { ExitStatus, version } from './status.ts';

/** ctr's exit code for a command that there is not. */
const unknownCommand = 3;

await withTrace(process.env.TRACEPARENT, async () => {
  try {
    await parser().parseAsync(separateProgram(spellGlobals(process.argv.slice(2))));
  } catch (error) {
    if (!(error instanceof ExitStatus)) console.error(`drydock-ctr: ${messageOf(error)}`);
    process.exitCode = error instanceof ExitStatus ? error.code : 1;
  }
});
process.exit();

/** An error's message; of a server's that has no kind it says so, as containerd's client does. */
function messageOf(error: unknown): string {
  const { message } = error as Error;
  return isKind(error, 'unknown') && !message.endsWith(': unknown') ? `${message}: unknown` : message;
}

function parser() {
  return yargs()
    .scriptName('drydock-ctr')
    .usage(
      '$0 [global options] command [options] [arguments]\n\nA client for debugging containerd, ours or the real one.',
    )
    .option('address', {
      type: 'string',
      default: process.env.CONTAINERD_ADDRESS || '/run/drydock/supervisor.sock',
      defaultDescription: '$CONTAINERD_ADDRESS or /run/drydock/supervisor.sock',
      describe: "address of the supervisor's gRPC server (-a in front of the command)",
    })
    .option('namespace', {
      type: 'string',
      default: process.env.CONTAINERD_NAMESPACE || 'default',
      defaultDescription: '$CONTAINERD_NAMESPACE or default',
      describe: 'namespace of the commands (-n in front of the command)',
    })
    .option('connect-timeout', { type: 'number', default: 0, describe: 'seconds to connect in' })
    .option('timeout', { type: 'number', default: 0, describe: 'seconds that a command may take' })
    .option('debug', { type: 'boolean', default: false, describe: "print an error's causes, too" })
    .command([
      pluginsCommand,
      versionCommand,
      infoCommand,
      deprecationsCommand,
      containersCommand,
      contentCommand,
      eventsCommand,
      imagesCommand,
      leasesCommand,
      namespacesCommand,
      pprofCommand,
      runCommand,
      snapshotsCommand,
      tasksCommand,
      installCommand,
      ociCommand,
      shimCommand,
      treeCommand,
      traceCommand,
      fsckCommand,
    ])
    .demandCommand(1, 'a command is needed; drydock-ctr --help lists them')
    .strictCommands()
    .parserConfiguration({ 'populate--': true })
    .strictOptions()
    .version('version', 'print the version', `drydock-ctr ${version}`)
    .alias('version', 'v')
    .help()
    .alias('help', 'h')
    .wrap(100)
    .fail((message, error) => {
      if (error !== undefined) throw error;
      const [, word] = /^Unknown command: (.*)$/.exec(message) ?? [];
      if (word === undefined) throw new Error(message);
      console.error(`No help topic for '${word}'`);
      throw new ExitStatus(unknownCommand);
    });
}
