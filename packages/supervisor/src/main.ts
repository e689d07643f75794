/** drydock-supervisor: arguments and wiring. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { setProcessName } from '@drydock/linux/process';
import { createLogger } from '@drydock/telemetry/logger';
import { parseArguments } from './arguments.ts';
import { logCalls, startSupervisor } from './compose.ts';
import { isPublish, publish } from './publish.ts';
import { defaultPath } from './tasks/own-shim.ts';

try {
  await main();
} catch (error) {
  console.error(`drydock-supervisor: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  setProcessName('drydock-supervisor');
  // Modes are given as they are meant: whoever starts us may not narrow those of a container's root.
  process.umask(0o022);
  const argv = process.argv.slice(2);
  if (isPublish(argv)) return publish(argv);
  if (argv.includes('--offline')) {
    const { parseOfflineArguments } = await import('./offline/arguments.ts');
    const { runOffline } = await import('./offline/offline.ts');
    process.exitCode = await runOffline(parseOfflineArguments(argv), console.log);
    return;
  }
  const { logLevel, shims, ...options } = parseArguments(argv);
  const log = createLogger({ program: 'drydock-supervisor', level: logLevel });
  if (log.isLevelEnabled('debug')) logCalls(log);
  const program = realpathSync(process.argv[1]!);
  const supervisor = await startSupervisor({
    ...options,
    shims,
    shimDirectories: [dirname(program), ...(process.env.PATH ?? defaultPath).split(':').filter(Boolean)],
    isDebug: log.isLevelEnabled('debug'),
    publishBinary: program,
    log,
    shimOutput: process.stderr,
  });
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, 'stopping');
    supervisor.close().then(
      () => process.exit(0),
      (error) => {
        log.fatal({ err: error }, 'stop');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
