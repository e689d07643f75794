/** The runtime's log, one JSON object a line: `{"level":"error","msg":"…","time":"…"}`. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/** Bytes in a log so far; none if it is not there yet. */
export function logSize(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** The last error that was logged behind a position. */
export function errorSince(path: string, position: number): string | undefined {
  const length = logSize(path) - position;
  if (length <= 0) return undefined;
  const bytes = Buffer.alloc(length);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, bytes, 0, length, position);
  } finally {
    closeSync(fd);
  }
  return bytes
    .toString()
    .split('\n')
    .map(errorOf)
    .findLast((message) => message !== undefined);
}

function errorOf(line: string): string | undefined {
  try {
    const { level, msg } = JSON.parse(line);
    return level === 'error' || level === 'fatal' ? String(msg) : undefined;
  } catch {
    return undefined;
  }
}
