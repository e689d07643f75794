/** Connects a container's output with its log. */
import type { Container } from '../container.ts';
import { JsonFileLog } from './json-file.ts';

/** Opens the log for a run; the driver `none` keeps nothing. */
export function openLog(container: Container): void {
  const { LogConfig } = container.record.hostConfig;
  if (LogConfig?.Type === 'none') return;
  const log = new JsonFileLog(container.paths.log, {
    maxSize: parseSize(LogConfig?.Config?.['max-size']),
    maxFiles: Number(LogConfig?.Config?.['max-file'] ?? 1) || 1,
  });
  container.log = log;
  for (const name of ['stdout', 'stderr'] as const)
    container.streams[name].subscribe({ write: (chunk) => void log.write(name, chunk), end: () => undefined });
}

/** `10m` in bytes; 0 for no limit. */
function parseSize(text: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text ?? '');
  if (match === null) return 0;
  return Math.floor(Number(match[1]) * 1024 ** ' kmgt'.indexOf(match[2]!.toLowerCase() || ' '));
}
