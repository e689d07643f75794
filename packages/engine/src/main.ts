/** drydockd: reads its arguments, starts an engine, stops it on SIGTERM and SIGINT. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setProcessName } from '@drydock/linux/process';
import { createLogger } from '@drydock/telemetry/logger';
import { startEngine } from './compose.ts';
import type { EngineConfig } from './config/config.ts';
import { type Flags, parseFlags } from './config/flags.ts';
import { resolveConfig } from './config/resolve.ts';
import { messageOf } from './errors.ts';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const path = process.env.PATH || defaultPath;

setProcessName('drydockd');
const config = readArguments();
const logger = createLogger({ program: 'drydockd', level: config.logLevel });
try {
  const running = await startEngine(config, {
    logger,
    path,
    ownDirectory: dirname(process.argv[1] ?? process.execPath),
  });
  mkdirSync(dirname(config.pidfile), { recursive: true });
  writeFileSync(config.pidfile, String(process.pid));
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'engine stops');
    await running.stop();
    rmSync(config.pidfile, { force: true });
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (received) => void stop(received));
} catch (error) {
  fail(`failed to start engine: ${messageOf(error)}`);
}

function readArguments(): EngineConfig {
  let flags: Flags;
  try {
    flags = parseFlags(process.argv.slice(2));
  } catch (error) {
    return fail(`${messageOf(error)}\nSee 'drydockd --help'.`, 125);
  }
  try {
    return resolveConfig(flags, path);
  } catch (error) {
    return fail(messageOf(error));
  }
}

function fail(message: string, code = 1): never {
  process.stderr.write(`drydockd: ${message}\n`);
  process.exit(code);
}
