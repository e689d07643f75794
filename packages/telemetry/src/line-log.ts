/** A log for small programs that live in great numbers: the lines of logger.ts without the weight of pino. */
import { writeSync } from 'node:fs';
import { currentTrace } from './trace.ts';

export interface LineLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A log that writes `{"level","time","program","pid","trace",…,"msg"}` lines to a descriptor (default stderr). */
export function createLineLog(program: string, fd = 2): LineLog {
  const write = (level: string, msg: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const line = {
      level,
      time: new Date().toISOString(),
      program,
      pid: process.pid,
      trace: currentTrace(),
      ...fields,
      msg,
    };
    try {
      writeSync(fd, `${JSON.stringify(line)}\n`);
    } catch {
      // Nobody reads the log any more; the container must not suffer from that.
    }
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}
