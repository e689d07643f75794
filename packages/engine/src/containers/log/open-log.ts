/** Opens a container's log for a run. */
import type { Engine } from '../../engine.ts';
import { messageOf } from '../../errors.ts';
import type { Container } from '../container.ts';
import { JsonFileLog } from './json-file.ts';

/** Opens the log, which the container then has; the driver `none` keeps nothing. */
export function openLog({ logger }: Engine, container: Container): void {
  const { LogConfig } = container.record.hostConfig;
  if (LogConfig?.Type === 'none') return;
  container.log = new JsonFileLog({
    path: container.paths.log,
    spools: container.paths.runtimeDirectory,
    maxSize: parseSize(LogConfig?.Config?.['max-size']),
    maxFiles: Number(LogConfig?.Config?.['max-file'] ?? 1) || 1,
    failed: (error) => logger.error({ container: container.id, error: messageOf(error) }, 'log could not be written'),
  });
}

/** `10m` in bytes; 0 for no limit. */
function parseSize(text: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text ?? '');
  if (match === null) return 0;
  return Math.floor(Number(match[1]) * 1024 ** ' kmgt'.indexOf(match[2]!.toLowerCase() || ' '));
}
