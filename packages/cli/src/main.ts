/** drydock: arguments and wiring. Commands, flags and columns are those of docker's command line. */
import { withTrace } from '@drydock/telemetry/trace';
import yargs from 'yargs';
import { separateProgram } from './arguments.ts';
import { group } from './command.ts';
import { attachCommand } from './commands/attach.ts';
import { cpCommand } from './commands/cp.ts';
import { createCommand } from './commands/create.ts';
import { eventsCommand } from './commands/events.ts';
import { execCommand } from './commands/exec.ts';
import { historyCommand, imagesCommand, rmiCommand, tagCommand } from './commands/images.ts';
import { inspectCommand } from './commands/inspect.ts';
import {
  killCommand,
  pauseCommand,
  renameCommand,
  restartCommand,
  rmCommand,
  stopCommand,
  unpauseCommand,
  waitCommand,
} from './commands/lifecycle.ts';
import { logsCommand } from './commands/logs.ts';
import { psCommand } from './commands/ps.ts';
import { runCommand } from './commands/run.ts';
import { startCommand } from './commands/start.ts';
import { statsCommand } from './commands/stats.ts';
import { infoCommand, loginCommand, logoutCommand, versionCommand } from './commands/system.ts';
import { topCommand } from './commands/top.ts';
import { loadCommand, pullCommand, pushCommand, saveCommand } from './commands/transfer.ts';
import { ExitStatus, engineFailure, version } from './status.ts';

const containerCommands = [
  attachCommand,
  cpCommand,
  createCommand,
  execCommand,
  inspectCommand,
  killCommand,
  logsCommand,
  pauseCommand,
  psCommand,
  renameCommand,
  restartCommand,
  rmCommand,
  runCommand,
  startCommand,
  statsCommand,
  stopCommand,
  topCommand,
  unpauseCommand,
  waitCommand,
];

await withTrace(process.env.TRACEPARENT, async () => {
  try {
    await parser().parseAsync(separateProgram(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof ExitStatus)) console.error((error as Error).message);
    process.exitCode = error instanceof ExitStatus ? error.code : 1;
  }
});
process.exit();

function parser() {
  return yargs()
    .scriptName('drydock')
    .usage('$0 [OPTIONS] COMMAND\n\nA client for the Docker Engine API, ours or the real one.')
    .option('host', {
      alias: 'H',
      type: 'string',
      default: process.env.DOCKER_HOST || 'unix:///run/drydock/engine.sock',
      defaultDescription: '$DOCKER_HOST or unix:///run/drydock/engine.sock',
      describe: 'daemon socket to connect to',
    })
    .command([
      ...containerCommands,
      eventsCommand,
      historyCommand,
      imagesCommand,
      infoCommand,
      loadCommand,
      loginCommand,
      logoutCommand,
      pullCommand,
      pushCommand,
      rmiCommand,
      saveCommand,
      tagCommand,
      versionCommand,
    ])
    .command([group('container', 'manage containers', containerCommands)])
    .demandCommand(1, 'drydock: a command is needed; drydock --help lists them')
    .strictCommands()
    .strictOptions()
    .parserConfiguration({ 'populate--': true, 'duplicate-arguments-array': false, 'boolean-negation': false })
    .version('version', 'print the version', `drydock version ${version}`)
    .help()
    .wrap(100)
    .fail((message, error) => {
      if (error !== undefined) throw error;
      const [, word] = /^Unknown command: (.*)$/.exec(message) ?? [];
      if (word !== undefined)
        throw new Error(`drydock: unknown command: drydock ${word}\n\nRun 'drydock --help' for more information`);
      const [, flag] = /^Unknown argument: (.*)$/.exec(message) ?? [];
      if (flag === undefined) throw new Error(message);
      console.error(
        `unknown flag: ${flag.length === 1 ? '-' : '--'}${flag}\n\nRun 'drydock --help' for more information`,
      );
      throw new ExitStatus(engineFailure);
    });
}
