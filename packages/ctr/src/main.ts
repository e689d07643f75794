/** drydock-ctr: arguments and wiring. Commands, flags and columns are those of containerd's ctr. */
import { withTrace } from '@drydock/telemetry/trace';
import yargs from 'yargs';
import { separateProgram } from './arguments.ts';
import { containersCommand } from './commands/containers.ts';
import { contentCommand } from './commands/content.ts';
import { eventsCommand } from './commands/events.ts';
import { imagesCommand } from './commands/images.ts';
import { leasesCommand } from './commands/leases.ts';
import { namespacesCommand } from './commands/namespaces.ts';
import { pluginsCommand } from './commands/plugins.ts';
import { runCommand } from './commands/run.ts';
import { shimCommand } from './commands/shim.ts';
import { snapshotsCommand } from './commands/snapshots.ts';
import { tasksCommand } from './commands/tasks.ts';
import { versionCommand } from './commands/version.ts';
import { ExitStatus, version } from './status.ts';

/** ctr's exit code for a command that there is not. */
const unknownCommand = 3;

await withTrace(process.env.TRACEPARENT, async () => {
  try {
    await parser().parseAsync(separateProgram(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof ExitStatus)) console.error(`drydock-ctr: ${(error as Error).message}`);
    process.exitCode = error instanceof ExitStatus ? error.code : 1;
  }
});
process.exit();

function parser() {
  return yargs()
    .scriptName('drydock-ctr')
    .usage(
      '$0 [global options] command [options] [arguments]\n\nA client for debugging containerd, ours or the real one.',
    )
    .option('address', {
      alias: 'a',
      type: 'string',
      default: process.env.CONTAINERD_ADDRESS || '/run/drydock/supervisor.sock',
      defaultDescription: '$CONTAINERD_ADDRESS or /run/drydock/supervisor.sock',
      describe: "address of the supervisor's gRPC server",
    })
    .option('namespace', {
      alias: 'n',
      type: 'string',
      default: process.env.CONTAINERD_NAMESPACE || 'default',
      defaultDescription: '$CONTAINERD_NAMESPACE or default',
      describe: 'namespace of the commands',
    })
    .command([
      versionCommand,
      pluginsCommand,
      containersCommand,
      contentCommand,
      eventsCommand,
      imagesCommand,
      leasesCommand,
      namespacesCommand,
      runCommand,
      snapshotsCommand,
      tasksCommand,
      shimCommand,
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
